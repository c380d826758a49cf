/** A small writer of tar archives (POSIX.1-1988), so that tests can make their own. */

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  /** Default: `0`, a regular file. */
  readonly type?: string;
  /** Size in the header; default: that of the content. */
  readonly size?: number;
}

function headerOf({ name, content, type = '0', size = content.length }: Member): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${'0'.repeat(11)}\0`, 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export function tarOf(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(member => {
    const padding = (512 - (member.content.length % 512)) % 512;
    return [headerOf(member), member.content, Buffer.alloc(padding)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
