/**
 * Whether a path is on a network file system, as far as the operating system says.
 *
 * SQLite's write-ahead log lives in shared memory, which two machines do not share: there the
 * older rollback journal is used, which needs nothing but file locks.
 */

import { statfsSync } from 'node:fs'

/** Linux's numbers, of statfs(2). */
const networkTypes: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x65735546, // FUSE: sshfs, s3fs and the like
  0x01021997, // 9P
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x00c36400, // Ceph
  0x5346414f, // AFS
  0x19830326, // BeeGFS
  0x7461636f, // OCFS2
  0x01161970, // GFS2
])

/** @param path Exists. */
export function isOnNetwork(path: string): boolean {
  try {
    return networkTypes.has(statfsSync(path).type)
  } catch {
    // A file system that cannot be asked is taken for a local one, as all were before.
    return false
  }
}
