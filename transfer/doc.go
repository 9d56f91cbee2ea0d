// Package transfer moves whole objects between S3 and files, with worker threads
// over ranged GETs and parts, and never says that a transfer is done when it is not
// right.
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
// An [Upload] sends a large file in parts, each with its CRC64NVME, and completes it
// with that of the whole, combined from those of the parts: the object is there when
// the service has compared it, or not at all. What has no known length is sent by
// [UploadFrom], with one part for each worker in memory. An upload that was broken off,
// by kill -9 too, can be gone on with: the parts that the service has are held against
// the file, and are not sent again.
//
// A server that ignores Range or If-Match, or an object that changes under way,
// gives an [*IntegrityError] and no file.
package transfer
