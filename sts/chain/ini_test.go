package chain

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsWhatTheAWSToolsWrite(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]map[string]string
	}{
		{"empty", "", map[string]map[string]string{}},
		{"remarks and blank lines", "# a\n; b\n\n  # c\n\t\n", map[string]map[string]string{}},
		{"blanks around the sign", "[a]\nx=1\ny = 2\nz  =\t3\t\n", map[string]map[string]string{"a": {"x": "1", "y": "2", "z": "3"}}},
		{"names in capitals", "[A]\nAWS_Access_Key_Id = X\n", map[string]map[string]string{"A": {"aws_access_key_id": "X"}}},
		{"lines of Windows", "\ufeff[a]\r\nx = 1\r\n\r\ny = 2\r\n", map[string]map[string]string{"a": {"x": "1", "y": "2"}}},
		{"no line end", "[a]\nx = 1", map[string]map[string]string{"a": {"x": "1"}}},
		{"no value", "[a]\nx =\ny=", map[string]map[string]string{"a": {"x": "", "y": ""}}},
		{"remarks behind", "[a] # one\n[b] ; two\nx = 1 # three\ny = 2\t; four\nz = 3#4;5\n", map[string]map[string]string{"a": {}, "b": {"x": "1", "y": "2", "z": "3#4;5"}}},
		{"a remark for a value", "[a]\nx = # none\n", map[string]map[string]string{"a": {"x": ""}}},
		{"signs in the value", "[a]\ns = ab/c+d==\nu = https://h/?a=b\n", map[string]map[string]string{"a": {"s": "ab/c+d==", "u": "https://h/?a=b"}}},
		{"remarks behind without a blank", "[a]; one\n[b]# two\nx = 1;2\n[c];\ny = 1 ;\n", map[string]map[string]string{"a": {}, "b": {"x": "1;2"}, "c": {"y": "1"}}},
		{"letters of all the world", "[a]\nx = grün 😂\n", map[string]map[string]string{"a": {"x": "grün 😂"}}},
		{"a name that is none of AWS's", "[a]\nmy own = 1\nx = 2\n", map[string]map[string]string{"a": {"my own": "1", "x": "2"}}},
		{"blanks in the header", "[  profile \t x ]\ny = 1\n", map[string]map[string]string{"profile x": {"y": "1"}}},
		{"a section twice", "[a]\nx = 1\n[b]\n[a]\ny = 2\n", map[string]map[string]string{"a": {"x": "1", "y": "2"}, "b": {}}},
		{"all indented alike", "[a]\n  x = 1\n  y = 2\n[b]\n\tz = 3\n", map[string]map[string]string{"a": {"x": "1", "y": "2"}, "b": {"z": "3"}}},
		{"sections indented as their settings", "  [a]\n  x = 1\n  [b]\n    y = 2\n  [c]\n", map[string]map[string]string{"a": {"x": "1"}, "b": {"y": "2"}, "c": {}}},
		{"a setting of several", "[a]\ns3 =\n  x = 1\n\n  # remark\n    y = 2\nz = 3\n", map[string]map[string]string{"a": {"s3": "", "s3.x": "1", "s3.y": "2", "z": "3"}}},
		{"the same name in two settings", "[a]\nx = 0\ns3 =\n  x = 1\nsts =\n  x = 2\n", map[string]map[string]string{"a": {"x": "0", "s3": "", "s3.x": "1", "sts": "", "sts.x": "2"}}},
		{"a value of two lines", "[a]\nx = 1\n  2 = 3 # three\ny = 4\n", map[string]map[string]string{"a": {"x": "1\n2 = 3 # three", "y": "4"}}},
		{"a value of many lines", "[a]\nx = 1\n  2 \t\n\n; remark\n \t 3\n", map[string]map[string]string{"a": {"x": "1\n2\n3"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sections, err := parse("file", test.text)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]map[string]string{}
			for name, s := range sections {
				got[name] = map[string]string{}
				for key, setting := range s {
					got[name][key] = setting.value
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseSaysWhichLineIsWrongAndNotWhatItHolds(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
	}{
		{"no section", "x = SECRETIVE", 1},
		{"no sign", "[a]\nSECRETIVE", 2},
		{"no name", "[a]\n\n= SECRETIVE", 3},
		{"a colon for a sign", "[a]\nSECRETIVE: 1", 2},
		{"more of a value that is in another section", "[a]\nx = 1\n[a]\n SECRETIVE", 4},
		{"more of a value, in no section", " SECRETIVE", 1},
		{"a header that does not end", "[a]\n[SECRETIVE\n", 2},
		{"a header without a name", "[]", 1},
		{"a header with a name of blanks", "[ \t]", 1},
		{"a header and more", "[a] SECRETIVE", 1},
		{"an indented header", "[a]\nx = 1\ny =\n [SECRETIVE]", 4},
		{"twice", "[a]\nx = 1\nX = SECRETIVE", 3},
		{"twice, in two parts of the section", "[a]\nx = 1\n[b]\n[a]\nx = SECRETIVE", 5},
		{"twice, below another", "[a]\ns3 =\n x = 1\n x = SECRETIVE", 4},
		{"below another without a sign", "[a]\ns3 =\n SECRETIVE", 3},
		{"a zero byte", "[a]\nx = SECRETIVE\x00", 2},
		{"a bell", "[a]\nx = SECRETIVE\a", 2},
		{"a line end of Macs", "[a]\rx = SECRETIVE\n", 1},
		{"no UTF-8", "[a]\nx = SECRETIVE\xff", 2},
		{"UTF-16", "\xff\xfe[\x00a\x00]\x00", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			sections, err := parse("file", test.text)
			var got *SettingError
			if !errors.As(err, &got) || got.Kind != ErrMalformed || got.Source != "file" || got.Line != test.line {
				t.Errorf("got %v, want an error in file:%d", err, test.line)
			}
			if sections != nil {
				t.Errorf("beside the error: %v", sections)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error repeats the line: %v", err)
			}
		})
	}
}

// What parses is text of one-line names, and every setting knows its line.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "[a]\nx = 1\n", "[profile \"b c\"]\r\ns3 =\r\n  y = 2 # z\r\n", "[a", "\ufeff[a]\n x=\n  y\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sections, err := parse("file", text)
		if (err == nil) != (sections != nil) {
			t.Fatalf("parse gave %v and %v", sections, err)
		}
		lines := strings.Count(text, "\n") + 1
		for name, s := range sections {
			if name == "" || strings.ContainsAny(name, "]\r\n\t") {
				t.Errorf("section %q", name)
			}
			for key, setting := range s {
				if key == "" || key != strings.ToLower(key) || strings.ContainsAny(key, "\r\n=") || strings.TrimSpace(key) != key {
					t.Errorf("setting %q", key)
				}
				if setting.line < 1 || setting.line > lines || setting.file != "file" {
					t.Errorf("setting %q is said to stand in %s:%d", key, setting.file, setting.line)
				}
				if strings.Trim(setting.value, " \t\r\n") != setting.value {
					t.Errorf("setting %q has the value %q", key, setting.value)
				}
			}
		}
	})
}
