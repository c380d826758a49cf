/** What does a run look like? Bars of each locate question, ours in colour, to a logarithmic scale; SVG without outside resources. */

const WIDTH = 860;
const LABEL = 300;
const ROW = 18;
const HEAD = 34;
const LEAST = 10;

const xml = text =>
  text.replace(/[&<>]/g, each => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[each]);
const shown = value => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

function bars({ title, rows }, top) {
  const most = Math.max(...rows.map(({ value }) => value));
  const length = value =>
    Math.max(
      2,
      (Math.log(value / LEAST) / Math.log(Math.max(most, 100) / LEAST)) * (WIDTH - LABEL - 80),
    );
  const lines = rows.map(({ name, value, ours }, index) => {
    const y = top + HEAD + index * ROW;
    return `<text x="${LABEL - 8}" y="${y + 12}" text-anchor="end"${ours ? ' font-weight="600"' : ''}>${xml(name)}</text>
<rect x="${LABEL}" y="${y + 2}" width="${length(value).toFixed(1)}" height="${ROW - 5}" fill="${ours ? '#1a4fa3' : '#b9b9b9'}"/>
<text x="${LABEL + length(value) + 6}" y="${y + 12}">${shown(value)} ns</text>`;
  });
  return `<text x="8" y="${top + 22}" font-weight="600">${xml(title)}</text>\n${lines.join('\n')}`;
}

/** The picture of a run's questions in nanoseconds. */
export function picture(results, { cpu, node }) {
  const drawn = results.filter(({ title }) =>
    /^Locate: (IPv4 skewed|IPv6 allocated)|^Decide/.test(title),
  );
  let top = 28;
  const parts = drawn.map(result => {
    const part = bars(result, top);
    top += HEAD + result.rows.length * ROW + 10;
    return part;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="18" fill="#666">${xml(cpu)}, Node ${node}; nanoseconds a call, logarithmic from ${LEAST}; the same strings in the same run</text>
${parts.join('\n')}
</svg>
`;
}
