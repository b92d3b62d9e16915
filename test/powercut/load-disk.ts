import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Disk } from './disk.js';

/** A disk that holds a folder as it is now, all of it safe. */
export function loadDisk(folder: string): Disk {
  const disk = new Disk();
  const load = (path: string): void => {
    const { ino } = statSync(join(folder, path));
    disk.apply({ kind: 'mkdir', path, inode: ino });
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        load(child);
        continue;
      }
      const inode = statSync(join(folder, child)).ino;
      disk.apply({ kind: 'create', path: child, inode });
      const data = readFileSync(join(folder, child));
      disk.apply({ kind: 'write', path: child, inode, offset: 0, data });
      disk.apply({ kind: 'sync', path: child, inode });
    }
    disk.apply({ kind: 'sync', path, inode: ino });
  };
  load('');
  return disk;
}
