/** Draws pixels, filled rectangles and text in memory, and encodes the picture as PNG. */
import { inflateRawSync } from 'node:zlib';
import { PNG } from 'pngjs';
import glyphs from '../../../data/glyphs.json' with { type: 'json' };

/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [red: number, green: number, blue: number];

export type Face = keyof typeof glyphs.faces;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Blends a colour into a pixel, with a share between 0 and 1. */
  blend(x: number, y: number, colour: Colour, share: number): void;
  fill(x: number, y: number, width: number, height: number, colour: Colour, share?: number): void;
  /**
   * Writes text from its upper left corner and returns its width in pixels. Unknown letters are
   * left blank.
   */
  write(text: string, x: number, y: number, colour: Colour, face?: Face, share?: number): number;
  /** Returns the brightness of a pixel, between 0 and 1. */
  brightness(x: number, y: number): number;
  png(): Buffer;
}

interface Letters {
  readonly height: number;
  readonly widths: readonly number[];
  readonly coverage: Uint8Array;
  /** The position in the coverage at which each letter begins. */
  readonly offsets: readonly number[];
}

const CHARACTERS = Array.from(glyphs.characters);

function lettersOf(face: Face): Letters {
  const { height, widths, coverage } = glyphs.faces[face];
  let offset = 0;
  const offsets = widths.map(width => {
    offset += width * height;
    return offset - width * height;
  });
  return { height, widths, offsets, coverage: inflateRawSync(Buffer.from(coverage, 'base64')) };
}

const letterOf = (character: string): number => Math.max(0, CHARACTERS.indexOf(character));

export const textWidth = (text: string, face: Face = 'plain'): number =>
  Array.from(text).reduce(
    (width, character) => width + glyphs.faces[face].widths[letterOf(character)]!,
    0,
  );

/** Creates a picture filled with one colour. */
export function blankPicture(width: number, height: number, background: Colour): Picture {
  const image = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel++)
    image.data.set([...background, 255], pixel * 4);
  const blend: Picture['blend'] = (x, y, colour, share) => {
    const at = (y * width + x) * 4;
    for (let part = 0; part < 3; part++)
      image.data[at + part] = Math.round(
        image.data[at + part]! * (1 - share) + colour[part]! * share,
      );
  };
  const faces = new Map<Face, Letters>();
  return {
    width,
    height,
    blend,
    fill: (left, top, across, down, colour, share = 1) => {
      for (let y = top; y < top + down; y++)
        for (let x = left; x < left + across; x++) blend(x, y, colour, share);
    },
    write: (text, left, top, colour, face = 'plain', share = 1) => {
      const letters = faces.get(face) ?? lettersOf(face);
      faces.set(face, letters);
      let x = left;
      for (const character of text) {
        const letter = letterOf(character);
        const across = letters.widths[letter]!;
        for (let pixel = 0; pixel < across * letters.height; pixel++) {
          const coverage = letters.coverage[letters.offsets[letter]! + pixel]! / 255;
          if (coverage > 0)
            blend(x + (pixel % across), top + Math.floor(pixel / across), colour, coverage * share);
        }
        x += across;
      }
      return x - left;
    },
    brightness: (x, y) => {
      const [red, green, blue] = image.data.subarray(
        (y * width + x) * 4,
      ) as unknown as readonly number[];
      return (0.3 * red! + 0.59 * green! + 0.11 * blue!) / 255;
    },
    png: () => PNG.sync.write(image, { colorType: 2 }),
  };
}
