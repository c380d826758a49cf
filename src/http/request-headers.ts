/** Reads request headers strictly: an incomplete or contradictory header counts as absent. */
import type { IncomingMessage } from 'node:http';

/** Header lines that Node keeps of a request where its server names no number; `maxHeadersCount` of `node:http`. */
const NODE_KEEPS = 1000;

interface RequestLike {
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders?: readonly string[] | undefined;
  readonly httpVersionMajor?: number | undefined;
  readonly socket?: object | undefined;
}

/** A request of `node:http` or of a framework that holds one. */
export type AnyRequest = IncomingMessage | { readonly raw: RequestLike };

/**
 * Whether the request has all of its header lines. Node drops those beyond `maxHeadersCount` (1000 lines unless the server says
 * otherwise) and says nothing; as many lines as it keeps may have been more. An HTTP/2 stream with too many is reset instead.
 */
export function hasAllHeaders({ rawHeaders, httpVersionMajor = 1, socket }: RequestLike): boolean {
  if (httpVersionMajor >= 2 || rawHeaders === undefined) return true;
  const limit = (socket as { server?: { maxHeadersCount?: unknown } } | undefined)?.server?.maxHeadersCount;
  const kept = typeof limit === 'number' ? limit : NODE_KEEPS;
  // 0 is no limit.
  return kept === 0 || rawHeaders.length < 2 * kept;
}

/** The lines of a header, in their order; `name` is in lower case. */
export function headerLines({ rawHeaders = [] }: RequestLike, name: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = rawHeaders[at]!;
    if (written.length === name.length && written.toLowerCase() === name) lines.push(rawHeaders[at + 1]!);
  }
  return lines;
}

/**
 * A header that names one thing: a subscriber, a standing, an offer. `undefined` where it is absent, where it stands twice with
 * different values (Node would join them, or keep the first), and where lines of the request may have been dropped.
 * @param request a request of Fastify, Express or `node:http`
 * @param name the header's name, in any case
 */
export function headerOf(request: AnyRequest, name: string): string | undefined {
  const raw = 'raw' in request ? request.raw : request;
  const wanted = name.toLowerCase();
  const value = raw.headers[wanted];
  if (value === undefined || !hasAllHeaders(raw)) return undefined;
  const lines = headerLines(raw, wanted);
  if (lines.length > 1 && lines.some(line => line !== lines[0])) return undefined;
  // A hook of the framework may have written the field anew.
  if (lines.length > 1 && String(value) === lines.join(', ')) return lines[0];
  return typeof value === 'string' ? value : value[0];
}

/** A field that lists values, with more of them; none is there twice. `*` stands for all. */
export function appendToList(field: unknown, values: readonly string[]): string {
  const present = [field ?? []]
    .flat()
    .flatMap(line => String(line).split(','))
    .map(item => item.trim())
    .filter(item => item !== '');
  if (present.includes('*')) return '*';
  const known = new Set(present.map(item => item.toLowerCase()));
  return [...present, ...values.filter(value => !known.has(value.toLowerCase()))].join(', ');
}
