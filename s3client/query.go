package s3client

import "strconv"

// query is a query string under construction, encoded as it is signed.
type query string

func (q *query) add(name, value string) {
	if *q != "" {
		*q += "&"
	}
	*q += query(escape(name) + "=" + escape(value))
}

func (q *query) addIf(name, value string) {
	if value != "" {
		q.add(name, value)
	}
}

func (q *query) addInt(name string, value int) {
	if value != 0 {
		q.add(name, strconv.Itoa(value))
	}
}
