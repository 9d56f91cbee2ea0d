// Package transfer moves whole objects between S3 and files, with worker threads
// over ranged GETs, and never says that a download is done when it is not right.
//
// A [Download] pins the object to the ETag and version of its first answer and
// holds every answer against it: status 206, the exact Content-Range, total size
// and length, the same ETag. A body that breaks off is resumed at its last good
// byte. The bytes go to a temporary name beside the file, which is synced and
// renamed at the end: under the final name there is the old file, or the whole
// new one.
//
// Where the service keeps a checksum of the whole object that can be found from
// its parts (CRC32, CRC32C, CRC64NVME), it is compared before that; the [Report]
// says whether it was.
//
// A server that ignores Range or If-Match, or an object that changes under way,
// gives an [*IntegrityError] and no file.
package transfer
