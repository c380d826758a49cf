/** Plays a programme with hls.js; where the gateway refuses it, stops and shows why. */
import Hls from 'hls.js';

/** Asks again after a lost connection (0) and a fault of the server, never after a refusal. */
const retry = {
  maxNumRetry: 4,
  retryDelayMs: 1000,
  maxRetryDelayMs: 8000,
  shouldRetry: ({ maxNumRetry }, count, isTimeout, answer) =>
    count < maxNumRetry && (isTimeout || answer?.code === 0 || answer?.code >= 500),
};
const policy = {
  default: {
    maxTimeToFirstByteMs: 10000,
    maxLoadTimeMs: 60000,
    timeoutRetry: retry,
    errorRetry: retry,
  },
};

/** The gateway's document (RFC 9457). hls.js loads playlists as text, segments as bytes. */
function problemIn(xhr) {
  const type = xhr?.readyState === 4 ? xhr.getResponseHeader('content-type') : null;
  if (!type?.startsWith('application/problem+json')) return undefined;
  const body = xhr.response;
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

const OTHERWISE = {
  title: 'The programme cannot be played',
  detail: 'Please try again later.',
  code: '',
};

/** Shows a document as text, never as HTML, in the language that it is written in. */
export function show(notice, { title, detail, code } = OTHERWISE, language = 'en') {
  const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  notice.lang = language;
  notice.replaceChildren(line('h2', title), line('p', detail), line('small', code));
}

/** `identify(xhr)` adds the session: a header, or `xhr.withCredentials = true` for a cookie. */
export function play({ video, notice, source, identify }) {
  const hls = new Hls({
    manifestLoadPolicy: policy,
    playlistLoadPolicy: policy,
    fragLoadPolicy: policy,
    keyLoadPolicy: policy,
    xhrSetup: (xhr, url) => {
      xhr.open('GET', url);
      identify(xhr);
    },
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, networkDetails: xhr }) => {
    const problem = problemIn(xhr);
    const isRefused = problem !== undefined && xhr.status < 500;
    if (!isRefused && !fatal) return; // hls.js goes on by itself
    hls.destroy();
    show(notice, problem, (problem && xhr.getResponseHeader('content-language')) ?? 'en');
  });
  hls.loadSource(source);
  hls.attachMedia(video);
  return hls;
}
