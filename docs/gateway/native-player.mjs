/** Plays a programme where the browser plays HLS by itself; shows why the gateway refuses it. */

/** The browser keeps a refused answer to itself, so the page asks for the manifest to read it. */
async function refusalOf(source) {
  const answer = await fetch(source, { credentials: 'include', cache: 'no-store' });
  if (answer.ok) return undefined;
  const type = answer.headers.get('content-type') ?? '';
  const problem = type.startsWith('application/problem+json') ? await answer.json() : {};
  return { ...problem, language: answer.headers.get('content-language') };
}

const OTHERWISE = {
  title: 'The programme cannot be played',
  detail: 'Please try again later.',
  code: '',
};

export async function playNatively({ video, notice, source }) {
  const stop = refusal => {
    const { title, detail, code, language } = refusal?.title
      ? refusal
      : { ...OTHERWISE, language: 'en' };
    const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    video.removeAttribute('src');
    video.load(); // lets go of what is already there
    notice.lang = language ?? 'en';
    notice.replaceChildren(line('h2', title), line('p', detail), line('small', code));
  };
  const ask = () => refusalOf(source).catch(() => ({}));
  video.crossOrigin = 'use-credentials'; // the session is a cookie: no header can be added here
  video.addEventListener('error', async () => video.hasAttribute('src') && stop(await ask()));
  const refusal = await ask();
  if (refusal === undefined) video.src = source;
  else stop(refusal);
}
