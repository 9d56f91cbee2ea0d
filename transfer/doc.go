// Package transfer moves whole objects between S3 and files, with worker threads
// over ranged GETs and parts, and never says that a transfer is done when it is not
// right.
//
// A [Download] pins the object to the ETag and version of its first answer and
// holds every answer against it: status 206, the exact Content-Range, total size
// and length, the same ETag. The bytes go to a temporary name beside the file, which is
// synced and renamed at the end: under the final name there is the old file, or the
// whole new one. [DownloadAt] writes to an [io.WriterAt], [NewReader] gives the bytes in
// their order, [DownloadTo] writes them to a stream, and [Open] reads anywhere.
//
// # Speed
//
// Each worker takes a long range of the object, with one request on a connection of its
// own, so that it pays the way to the first byte once. Who is done steals the tail of the
// range that would be done last; what is too short for that, and slow, is asked for a
// second time beside the first. A connection that gives less than a quarter of what the
// others give is given up for a new one, elsewhere if the service has several addresses.
// An object of up to 8 MiB comes by one request; the other workers help only where that
// proves slow.
//
// A worker that waits has no buffer: all share a few of 512 KiB at most, so that memory grows
// little with the workers, and not with the object. A file is written by one of them at a
// time, as the system would have it anyhow.
//
// # What is verified
//
// The checksum that the service keeps of the object is compared before the file has its
// name, or a [Reader] its end: the CRCs (CRC32, CRC32C, CRC64NVME) while the bytes
// pass, combined from those of the ranges, whole or part by part for a composite one;
// SHA-1 and SHA-256 in the bytes' order, by reading a file back. The [Report] says what
// was compared, and RequireChecksum makes it an error if it was nothing.
//
// # The bad day
//
// A body that breaks off is asked for again from its last good byte. What the service
// has too much of is asked for less often, by all transfers of a [Budget], and
// more again as it answers. Expired credentials, another region and a wrong clock are
// the client's affair, and heal under way. With Resume what has come outlasts the
// process: a journal beside the temporary file says which bytes are there, and these
// count when they have been read again and have their CRCs.
//
// Who cancels a download has it end at once, also while the disk is syncing the file: that
// goes on by itself, and is of no consequence any more.
//
// An [Upload] sends a large file in parts, each with its CRC64NVME, and completes it
// with that of the whole, combined from those of the parts: the object is there when
// the service has compared it, or not at all. What has no known length is sent by
// [UploadFrom], with one part for each worker in memory. An upload that was broken off,
// by kill -9 too, can be gone on with: the parts that the service has are held against
// the file, and are not sent again.
//
// A [Copy] is made by the service, of a large object in parts.
//
// A server that ignores Range or If-Match, or an object that changes under way,
// gives an [*IntegrityError] and no file.
package transfer
