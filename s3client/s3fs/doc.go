// Package s3fs shows a bucket, or a prefix of it, as an [fs.FS], to read.
//
// [New] gives an [*FS], which goes wherever Go takes a file system:
// [fs.WalkDir], [net/http.FileServerFS], [html/template.ParseFS], [os.CopyFS]. It
// is an [fs.ReadDirFS], [fs.StatFS], [fs.ReadFileFS], [fs.GlobFS] and
// [fs.SubFS], too. What Open gives is a [*File], which is an [io.ReaderAt] and
// [io.Seeker], or a [*Dir], which is an [fs.ReadDirFile].
//
// # Names
//
// The name reports/daily/1.csv is the key of these bytes behind the FS's prefix;
// nothing is cleaned or encoded. There are no directories in S3: a directory is
// what keys have in common up to a slash (Amazon S3 User Guide, "Organizing
// objects using prefixes"). It exists while there is a key below it, and the root
// while there is its bucket. Three things follow:
//
//   - A key with a slash at its end, as consoles make for an empty folder, marks
//     that the directory is there, and is no entry of it.
//   - A key that no name of io/fs can spell ([fs.ValidPath]) is left out of every
//     directory: one with an empty segment (a//b, /a), with a segment . or .., and
//     one that is no UTF-8. A [*s3client.Client] has it, and so has an FS whose
//     prefix ends behind the obstacle: "a//".
//   - Where a key a stands beside keys a/…, the name a is the file. Stat and Open
//     give that, and a directory has it as its entry; a walk does not meet what
//     stands below. It is there by its own name, a/b, by ReadDir of a and by Sub.
//
// A name may have a backslash in it, as [fs.ValidPath] says, which
// [testing/fstest.TestFS] does not like.
//
// A file has mode 0444, its object's size, and its time in whole seconds, as HEAD
// gives it. A directory has mode 0555, and no time.
//
// # Requests
//
// They are those that the task needs, and no others:
//
//	ReadFile                    1 GET
//	Open                        1 HEAD; for a directory also its first page
//	File.Stat, Dir.Stat         none
//	File.Read, io.Copy, …       1 GET from where the file stands to its end,
//	                            from the first Read on, until Seek leads elsewhere
//	File.ReadAt                 1 GET of exactly that range
//	Stat                        1 HEAD; for a directory also a listing of one key
//	ReadDir                     1 listing for each 1,000 entries
//	Glob                        the same for each directory that may match,
//	                            only of names that begin as the pattern does
//
// To say that a name does not exist, one listing more may be needed, and one that
// is not allowed does no harm where the object itself is there.
//
// # Integrity
//
// An open file is one object, from the first answer about it to the last: every
// GET has If-Match with its ETag, and every answer is held against that, status,
// Content-Range and length. An object that was replaced or removed under way is
// [ErrChanged]; bytes of two objects are never mixed. A body that breaks off is
// taken up again at its last good byte.
//
// # Errors
//
// They are [*fs.PathError]. errors.Is finds [fs.ErrNotExist], [fs.ErrPermission]
// (the service denies it, or the connection is restricted from it),
// [fs.ErrInvalid] and [fs.ErrClosed] in them; errors.As the
// [*s3client.Error] and the service's own words, the [*s3client.APIError].
//
// What a connection is restricted to holds here as well: an FS whose prefix is the
// connection's restrict_to_path, or lies in it, works, and every other one says
// why not.
package s3fs
