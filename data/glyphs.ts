/** `npx tsx data/glyphs.ts`: draws the letters of the map's legend once, with a browser, into data/glyphs.json. Font: DejaVu Sans. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const CHARACTERS = Array.from(
  " !%&'()*+,-./0123456789:;<=>ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz·’–→àâçèéêëîïôûùÉÈÀ×",
).join('');
const FACES = { small: [13, ''], plain: [16, ''], title: [26, 'bold'] } as const;

/** What the page has that Node has not. */
interface Context {
  font: string;
  clearRect(x: number, y: number, width: number, height: number): void;
  measureText(text: string): { readonly width: number };
  fillText(text: string, x: number, y: number): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: Uint8ClampedArray };
}
interface Page {
  OffscreenCanvas: new (
    width: number,
    height: number,
  ) => { getContext(kind: '2d', options: object): Context };
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
const faces: Record<string, { height: number; widths: number[]; coverage: string }> = {};
for (const [name, [size, weight]] of Object.entries(FACES)) {
  const height = Math.ceil(size * 1.3);
  const drawn = await page.evaluate(
    ({ characters, font, height, baseline }) => {
      const { OffscreenCanvas } = globalThis as unknown as Page;
      const context = new OffscreenCanvas(64, height).getContext('2d', {
        willReadFrequently: true,
      });
      return Array.from(characters, character => {
        context.clearRect(0, 0, 64, height);
        context.font = font;
        const width = Math.max(1, Math.round(context.measureText(character).width));
        context.fillText(character, 0, baseline);
        const { data } = context.getImageData(0, 0, width, height);
        return {
          width,
          coverage: Array.from({ length: width * height }, (_, pixel) => data[pixel * 4 + 3]!),
        };
      });
    },
    {
      characters: CHARACTERS,
      font: `${weight} ${size}px "DejaVu Sans"`,
      height,
      baseline: Math.round(size * 0.98),
    },
  );
  const coverage = Buffer.from(drawn.flatMap(glyph => glyph.coverage));
  faces[name] = {
    height,
    widths: drawn.map(({ width }) => width),
    coverage: deflateRawSync(coverage, { level: 9 }).toString('base64'),
  };
}
await browser.close();
writeFileSync(
  fileURLToPath(new URL('glyphs.json', import.meta.url)),
  `${JSON.stringify({ characters: CHARACTERS, faces })}\n`,
);
