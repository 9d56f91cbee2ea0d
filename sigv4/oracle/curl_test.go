package oracle_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What curl 7.88.1 was seen to send for each of these, run by bash, but for the
// case of the hex digits that it writes.
func TestCurlCommandLines(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       fields
	}{
		{"a URL", "curl https://h/p?a=1", fields{Method: "GET", URL: "https://h/p?a=1"}},
		{"a URL without a scheme", "curl h:9000", fields{Method: "GET", URL: "http://h:9000/"}},
		{"a URL with a fragment and no path", `curl "HTTPS://h?a=1#frag"`, fields{Method: "GET", URL: "https://h/?a=1"}},
		{"--url", "curl -s --url https://h/", fields{Method: "GET", URL: "https://h/"}},
		{"options behind the URL", "curl https://h/ -X PUT", fields{Method: "PUT", URL: "https://h/"}},
		{"two hyphens", "curl -X PUT -- https://h/", fields{Method: "PUT", URL: "https://h/"}},
		{"path and query as they are written", "curl 'https://h/a%20b/ü?x=1&y=%2f'", fields{Method: "GET", URL: "https://h/a%20b/ü?x=1&y=%2f"}},
		{"dot segments", "curl https://h/a/../b/./c//d", fields{Method: "GET", URL: "https://h/b/c//d"}},
		{"dot segments at the end", "curl https://h/a/b/..", fields{Method: "GET", URL: "https://h/a/"}},
		{"dot segments above the root", "curl https://h/../../a/.", fields{Method: "GET", URL: "https://h/a/"}},
		{"--path-as-is", "curl --path-as-is https://h/a/../b/./c//d", fields{Method: "GET", URL: "https://h/a/../b/./c//d"}},

		{"headers", `curl -H 'X-A: 1' -H "X-B:  two  words " --header 'X-C;' -H'X-A: 2' https://h/`,
			fields{Method: "GET", URL: "https://h/", Headers: [][2]string{{"X-A", "1"}, {"X-B", "two  words"}, {"X-C", ""}, {"X-A", "2"}}}},
		{"headers that curl leaves out", "curl -H 'Accept:' -H 'no colon' -H '' https://h/", fields{Method: "GET", URL: "https://h/"}},
		{"a Host header", "curl -H 'Host: other:9000' https://h/", fields{Method: "GET", URL: "https://h/", Host: "other:9000"}},
		{"headers that are not signed", "curl -A me -e there -b a=b -r 0-9 -b file https://h/", fields{Method: "GET", URL: "https://h/"}},
		{"letters together", "curl -sSXDELETE https://h/ -o/dev/null -vk", fields{Method: "DELETE", URL: "https://h/"}},
		{"options that change nothing", "curl --compressed --http2 -L -g --connect-timeout 5 --resolve h:1:2 -w '%{http_code}' --no-progress-meter https://h/", fields{Method: "GET", URL: "https://h/"}},
		{"-I", "curl -I https://h/", fields{Method: "HEAD", URL: "https://h/"}},

		{"data", "curl -d a=1 --data b=2 --data-raw @x --data-ascii c https://h/", fields{Method: "POST", URL: "https://h/", Body: "a=1&b=2&@x&c"}},
		{"data, and it is empty", "curl -d '' https://h/", fields{Method: "POST", URL: "https://h/"}},
		{"data with line ends", "curl -X PUT --data-binary $'a\\r\\nb\\tc\\u00fc\\x41\\101\\'\\\"' https://h/", fields{Method: "PUT", URL: "https://h/", Body: "a\r\nb\tcüAA'\""}},
		{"-G", "curl -G -d 'a=1' --data-urlencode 'b=x y&z/é~*' --data-urlencode '=q@' --data-urlencode 'plain text' https://h/k?p=0",
			fields{Method: "GET", URL: "https://h/k?p=0&a=1&b=x+y%26z%2F%C3%A9~%2A&q%40&plain+text"}},
		{"-G without a query", "curl --get -d 'a=1' https://h/k", fields{Method: "GET", URL: "https://h/k?a=1"}},
		{"--json", `curl --json '{"a":' --json '1}' -H 'accept: x' https://h/`,
			fields{Method: "POST", URL: "https://h/", Headers: [][2]string{{"accept", "x"}, {"Content-Type", "application/json"}}, Body: `{"a":1}`}},
		{"a signed form", "curl -d a=1 -A me -H 'Authorization: AWS4-HMAC-SHA256 x' https://h/", fields{Method: "POST", URL: "https://h/",
			Headers: [][2]string{{"Authorization", "AWS4-HMAC-SHA256 x"}, {"User-Agent", "me"}, {"Content-Type", "application/x-www-form-urlencoded"}}, Body: "a=1"}},

		{"lines that go on", "$ curl \\\n  -X PUT \\\r\n  https://h/a\\\nb", fields{Method: "PUT", URL: "https://h/ab"}},
		{"double quotes", `curl -H "A: \"q\" \$x \\ \y \` + "\n" + `z $ $%" https://h/`, fields{Method: "GET", URL: "https://h/", Headers: [][2]string{{"A", `"q" $x \ \y z $ $%`}}}},
		{"quotes in a word", `curl ht'tps://'h/"a b"\ c`, fields{Method: "GET", URL: "https://h/a b c"}},
		{"a pipe behind it", "curl https://h/|jq . -X PUT", fields{Method: "GET", URL: "https://h/"}},
		{"another command behind it", "curl https://h/;curl x", fields{Method: "GET", URL: "https://h/"}},
		{"another line behind it", "curl https://h/\ncurl x", fields{Method: "GET", URL: "https://h/"}},
		{"another command behind &&", "curl https://h/ && curl x", fields{Method: "GET", URL: "https://h/"}},
		{"in the background", "curl https://h/ &", fields{Method: "GET", URL: "https://h/"}},
		{"a comment behind it", "curl https://h/a#b # -X PUT", fields{Method: "GET", URL: "https://h/a"}},
		{"redirections", "curl 2>/dev/null https://h/ > 'a file' 2>&1 -X PUT >>x", fields{Method: "PUT", URL: "https://h/"}},
		{"a word that is a number", "curl -X PUT https://h/ -m 5 >x", fields{Method: "PUT", URL: "https://h/"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, fieldsOf(mustParse(t, test.text)), equal); diff != "" {
				t.Errorf("Parse(%q) (-want +got)\n%s", test.text, diff)
			}
		})
	}
}

func TestCurlSigv4(t *testing.T) {
	for _, test := range []struct{ name, text, id, secret, token, service, region, time string }{
		{"all of it", "curl --aws-sigv4 aws:amz:us-east-1:s3 --user ID:sec:ret https://h/", "ID", "sec:ret", "", "s3", "us-east-1", ""},
		{"scope from the host", "curl --aws-sigv4 aws:amz -u ID:secret https://sts.eu-west-1.amazonaws.com/", "ID", "secret", "", "sts", "eu-west-1", ""},
		{"service from the host", "curl --aws-sigv4 aws:amz:r -u ID:secret https://sts.eu-west-1.amazonaws.com/", "ID", "secret", "", "sts", "r", ""},
		{"region from a host that has none", "curl --aws-sigv4 aws:amz -u ID:secret http://localhost:9000/", "ID", "secret", "", "localhost", "", ""},
		{"no secret", "curl --aws-sigv4 aws:amz:r:s -u ID https://h/", "ID", "", "", "s", "r", ""},
		{"no user", "curl --aws-sigv4 aws:amz:r:s https://h/", "", "", "", "s", "r", ""},
		{"a session", "curl --aws-sigv4 aws:amz:r:s -u ID:secret -H 'X-Amz-Security-Token: " + token + "' https://h/", "ID", "secret", token, "s", "r", ""},
		{"variables", `curl --aws-sigv4 aws:amz:r:s -u ${AWS_ACCESS_KEY_ID}:$AWS_SECRET_ACCESS_KEY -H "x-amz-security-token: $AWS_SESSION_TOKEN" https://h/`, "", "", "", "s", "r", ""},
		{"a time", "curl --aws-sigv4 aws:amz:r:s -u ID:secret -H 'x-amz-date: 20130524T000000Z' https://h/", "ID", "secret", "", "s", "r", docTime},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := mustParse(t, test.text)
			got := []string{r.Credentials.AccessKeyID, r.Credentials.SecretAccessKey(), r.Credentials.SessionToken(), r.Service, r.Region, r.Time}
			if diff := cmp.Diff([]string{test.id, test.secret, test.token, test.service, test.region, test.time}, got); diff != "" {
				t.Errorf("ID, secret, token, service, region, time (-want +got)\n%s", diff)
			}
			if r.Claim != nil {
				t.Errorf("claim %+v of a request that is not signed yet", r.Claim)
			}
		})
	}
}

func TestCurlCommandLinesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
		problem    string
	}{
		{"an unknown option", "curl --frob https://h/", 0, "the option --frob is not known here"},
		{"an unknown option with a value", "curl --secret=" + docSecret + " https://h/", 0, "the option --secret is not known here"},
		{"an unknown option that is a secret", "curl --" + docSecret + " https://h/", 0, "the option --… is not known here"},
		{"an unknown letter", "curl -sP9 https://h/", 0, "the option -P is not known here"},
		{"a letter that is none", "curl -ü https://h/", 0, "the option -… is not known here"},
		{"an argument that lacks", "curl https://h/ -H", 0, "the option -H lacks its argument"},
		{"an argument of an ignored option that lacks", "curl https://h/ --max-time", 0, "the option --max-time lacks its argument"},
		{"an upload", "curl -T file https://h/", 0, "the option -T reads a file"},
		{"a form", "curl --form a=b https://h/", 0, "the option --form makes a body with a boundary"},
		{"a file of options", "curl -K file", 0, "the option -K reads a file"},
		{"credentials from a file", "curl -n https://h/", 0, "the option -n takes credentials from a file"},
		{"two requests", "curl https://h/ --next https://h/", 0, "the option --next begins another request"},
		{"data from a file", "curl -d @file https://h/", 0, "no file is read here"},
		{"binary data from a file", "curl --data-binary @file https://h/", 0, "no file is read here"},
		{"JSON from a file", "curl --json @file https://h/", 0, "no file is read here"},
		{"encoded data from a file", "curl --data-urlencode name@file https://h/", 0, "no file is read here"},
		{"headers from a file", "curl -H @file https://h/", 0, "no file is read here"},
		{"a header of two lines", "curl -H $'A: b\\nC: d' https://h/", 0, "NAME: VALUE in one line"},
		{"a header with a blank in its name", "curl -H 'A : b' https://h/", 0, "NAME: VALUE in one line"},
		{"another authorization", "curl --user ID:" + docSecret + " https://h/", 0, "--user without --aws-sigv4"},
		{"another provider", "curl --aws-sigv4 goog:goog:r:s -u ID:" + docSecret + " https://h/", 0, `is not "aws:amz:REGION:SERVICE"`},
		{"half a provider", "curl --aws-sigv4 aws -u ID:" + docSecret + " https://h/", 0, `is not "aws:amz:REGION:SERVICE"`},
		{"a method with a blank", "curl -X 'GET /' https://h/", 0, "the method is no word"},
		{"no URL", "curl -X PUT", 0, "there is no URL"},
		{"an empty URL", "curl ''", 0, "the URL is empty"},
		{"two URLs", "curl https://h/ https://i/", 0, "more than one URL"},
		{"another scheme", "curl ftp://h/", 0, "neither http nor https"},
		{"a user in the URL", "curl https://ID:" + docSecret + "@h/", 0, "without a user"},
		{"a user in the URL, without a slash", "curl https://ID:password@h/", 0, "the URL has a user"},
		{"a broken escape", "curl https://h/%zz", 0, "invalid URL escape"},
		{"a control byte in the URL", "curl $'https://h/\\a'", 0, "invalid control character"},

		{"an & outside quotes", "curl \\\n https://h/?a=1&b=2", 2, "the URL belongs in quotes"},
		{"a quote that is not closed", "curl 'https://h/", 1, "a ' is not closed"},
		{"a double quote that is not closed", "curl \"https://h/", 1, "a \" is not closed"},
		{"a dollar quote that is not closed", "curl $'https://h/", 1, "a $' is not closed"},
		{"a dollar quote that breaks off", "curl $'https://h/\\", 1, "a $' is not closed"},
		{"an unknown escape", "curl $'\\q'", 1, "escape in $'…' that is not known"},
		{"an escape without digits", "curl $'\\x'", 1, "gives no character"},
		{"an escape of a NUL", "curl $'\\0'", 1, "gives no character"},
		{"an escape beyond a byte", "curl $'\\777'", 1, "gives no character"},
		{"an escape beyond Unicode", "curl $'\\U00110000'", 1, "gives no character"},
		{"a variable", "curl \\\n\\\n https://$HOST/", 3, "the value of the variable HOST is not known here"},
		{"a variable in quotes", `curl "https://${HOST}/"`, 1, "the value of the variable HOST is not known here"},
		{"a variable with more than a name", "curl ${AWS_ACCESS_KEY_ID:-x}", 1, "the value of the variable AWS_ACCESS_KEY_ID is not known"},
		{"a secret in the wrong place", "curl https://h/ -H \"A: $AWS_SECRET_ACCESS_KEY\"", 0, "a variable stands where its value is needed"},
		{"a secret in the body", "curl https://h/ -d \"$AWS_SESSION_TOKEN\"", 0, "a variable stands where its value is needed"},
		{"a secret in the URL", "curl https://h/$AWS_SESSION_TOKEN", 0, "a variable stands where its value is needed"},
		{"half of a secret", "curl --aws-sigv4 aws:amz:r:s -u ID:x$AWS_SECRET_ACCESS_KEY https://h/", 0, "a variable stands where its value is needed"},
		{"a command in it", "curl $(cat url)", 1, "a shell would expand"},
		{"a command in it, the old way", "curl \"`cat url`\"", 1, "commands are not run here"},
		{"a command outside quotes, the old way", "curl `cat url`", 1, "commands are not run here"},
		{"an argument of the shell", "curl \"$1\"", 1, "a shell would expand"},
		{"input", "curl -d @- https://h/ <file", 1, "input from elsewhere"},
		{"for cmd.exe", "curl ^\"https://h/^\" ^\r\n -H ^\"A: b^\"", 1, "quoted for cmd.exe"},
		{"a CR alone", "curl https://h/\r-X PUT", 1, "a CR without its LF"},
		{"a NUL", "curl https://h/\x00", 0, "a NUL"},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.text, "curl command line", test.line, test.problem) })
	}
}

// However much is given, no error shows what stands behind an option.
func TestCurlErrorsShowNoValues(t *testing.T) {
	for _, option := range []string{"-u", "--user", "-H", "--frob", "-Q", "--aws-sigv4", "-d", "--url", "-X", "-b"} {
		for _, glue := range []string{" ", "", "="} {
			_, err := parse(t, "curl "+option+glue+docSecret+" "+docSecret)
			if err != nil && strings.Contains(err.Error(), docSecret[:12]) {
				t.Errorf("%s%s: %v holds the secret", option, glue, err)
			}
		}
	}
}
