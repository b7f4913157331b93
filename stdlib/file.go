package stdlib

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const (
	maxHashed = 64 << 20 // bytes of a file whose digest is asked for
	maxListed = 100_000  // names that fileset looks at
)

// fileForms are the functions that read files, bound to where they may read.
func fileForms(files fs.FS) map[string]function.Function {
	of := func(read func(name string) (cty.Value, error)) function.Function {
		return guarded(newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
			v, err := read(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return v, nil
		}, cty.String), nil)
	}
	m := map[string]function.Function{
		"file": of(func(name string) (cty.Value, error) {
			s, err := ReadText(files, name)
			return cty.StringVal(s), err
		}),
		"filebase64": of(func(name string) (cty.Value, error) {
			b, err := readFile(files, name, MaxText/4*3)
			return cty.StringVal(base64.StdEncoding.EncodeToString(b)), err
		}),
		"fileexists": guarded(newFunction(cty.Bool, func(args []cty.Value) (cty.Value, error) {
			found, err := fileExists(files, args[0].AsString())
			return cty.BoolVal(found), err
		}, cty.String), nil),
		"fileset": guarded(newFunction(cty.Set(cty.String), func(args []cty.Value) (cty.Value, error) {
			return fileSet(files, args[0].AsString(), args[1].AsString())
		}, cty.String, cty.String), nil),
	}
	hexadecimal, base := hex.EncodeToString, base64.StdEncoding.EncodeToString
	for name, d := range map[string]struct {
		make func() hash.Hash
		text func([]byte) string
	}{
		"filemd5": {md5.New, hexadecimal}, "filesha1": {sha1.New, hexadecimal}, "filesha256": {sha256.New, hexadecimal}, "filesha512": {sha512.New, hexadecimal},
		"filebase64sha256": {sha256.New, base}, "filebase64sha512": {sha512.New, base},
	} {
		m[name] = of(func(name string) (cty.Value, error) {
			h := d.make()
			err := copyFile(files, name, maxHashed, h)
			return cty.StringVal(d.text(h.Sum(nil))), err
		})
	}
	return m
}

// ReadText reads a regular text file of UTF-8, up to 1 MiB. A nil files holds
// nothing.
func ReadText(files fs.FS, name string) (string, error) {
	b, err := readFile(files, name, MaxText)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s is not UTF-8 text", quoted(name))
	}
	return string(b), nil
}

// readFile reads a regular file of up to most bytes.
func readFile(files fs.FS, name string, most int64) ([]byte, error) {
	var b strings.Builder
	err := copyFile(files, name, most, &b)
	return []byte(b.String()), err
}

func copyFile(files fs.FS, name string, most int64, to io.Writer) error {
	clean, err := regular(files, name)
	if err != nil {
		return err
	}
	f, err := files.Open(clean)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	}
	defer f.Close()
	n, err := io.Copy(to, io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	case n > most:
		return fmt.Errorf("%s is larger than %s, the most that is read here", quoted(name), mebibytes(most))
	}
	return nil
}

func mebibytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// noFile is the error of a name that nothing has.
type noFile struct{ name, owner string }

func (e noFile) Error() string {
	return fmt.Sprintf("there is no file %s in the %s's directory", quoted(e.name), e.owner)
}

// regular is the path of a regular file within files: to open a pipe would
// wait for a writer.
func regular(files fs.FS, name string) (string, error) {
	if files == nil {
		return "", errors.New("files cannot be read here")
	}
	clean := path.Clean(filepath.ToSlash(name))
	info, err := fs.Stat(files, clean)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", noFile{name, ownerOf(files)}
	case errors.Is(err, fs.ErrInvalid):
		return "", fmt.Errorf("%s cannot be read: it lies outside the %s's directory", quoted(name), ownerOf(files))
	case leadsOut(err):
		return "", fmt.Errorf("%s cannot be read: it is a link that leads out of the directory", quoted(name))
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", quoted(name), err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file", quoted(name))
	}
	return clean, nil
}

// leadsOut reports whether an os.Root refused a link; it has no name for that
// error but its text.
func leadsOut(err error) bool {
	return err != nil && strings.HasSuffix(err.Error(), "path escapes from parent")
}

func fileExists(files fs.FS, name string) (bool, error) {
	_, err := regular(files, name)
	if _, none := err.(noFile); none {
		return false, nil
	}
	return err == nil, err
}

// fileSet lists the regular files below a directory that match a pattern.
func fileSet(files fs.FS, dir, pattern string) (cty.Value, error) {
	if files == nil {
		return cty.NilVal, errors.New("files cannot be read here")
	}
	re, err := filePattern(pattern)
	if err != nil {
		return cty.NilVal, err
	}
	root := path.Clean(filepath.ToSlash(dir))
	if !fs.ValidPath(root) {
		return cty.NilVal, fmt.Errorf("%s cannot be read: it lies outside the %s's directory", quoted(dir), ownerOf(files))
	}
	var found []cty.Value
	seen := 0
	err = fs.WalkDir(files, root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if seen++; seen > maxListed {
			return errors.New("the directory holds more than 100,000 names")
		}
		if below := strings.TrimPrefix(strings.TrimPrefix(name, root), "/"); e.Type().IsRegular() {
			if root == "." {
				below = name
			}
			if re.MatchString(below) {
				found = append(found, cty.StringVal(below))
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cty.NilVal, fmt.Errorf("there is no directory %s in the %s's directory", quoted(dir), ownerOf(files))
	case err != nil:
		return cty.NilVal, fmt.Errorf("%s cannot be read: %w", quoted(dir), err)
	case len(found) == 0:
		return cty.SetValEmpty(cty.String), nil
	}
	return cty.SetVal(found), nil
}

// filePattern is a pattern of file names as a regular expression.
func filePattern(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errPattern
	}
	var b strings.Builder
	b.WriteByte('^')
	braces := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString(`(?:[^/]+/)*`)
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '{':
			braces++
			b.WriteString(`(?:`)
		case c == '}' && braces > 0:
			braces--
			b.WriteByte(')')
		case c == ',' && braces > 0:
			b.WriteByte('|')
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	re, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return nil, fmt.Errorf("%s is no pattern of file names", quoted(pattern))
	}
	return re, nil
}
