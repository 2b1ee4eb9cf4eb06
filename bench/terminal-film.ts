/** What a terminal showed, as an animated SVG: no script, no font but the reader's, a still picture where motion is unwanted. */

export interface Frame {
  /** As `tmux capture-pane -e` gives them: text and SGR sequences (ECMA-48, 8.3.117). */
  readonly lines: readonly string[];
  readonly durationMs: number;
}

interface Style {
  readonly colour?: string | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

interface Span extends Style {
  readonly text: string;
}

const COLUMN = 8.4;
const ROW = 18;
const MARGIN = 14;
const COLOURS = ['#5c6370', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#dcdfe4'];
const SGR = /\x1b\[([\d;]*)m/;

interface FilmOptions {
  /** For readers who do not see the picture. */
  readonly title: string;
  /** Of the terminal, in characters. */
  readonly columns: number;
  readonly rows: number;
}

export function terminalFilm(frames: readonly Frame[], { title, columns, rows }: FilmOptions): string {
  const scenes = withoutRepeats(frames);
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = rows * ROW + 2 * MARGIN;
  const totalMs = scenes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  // Most lines stand in many scenes: each is written once.
  const lines = [...new Set(scenes.flatMap((scene) => scene.lines.filter((line) => line !== '')))];
  const numbers = new Map(lines.map((line, number) => [line, number]));
  let atMs = 0;
  const steps = scenes.map(({ durationMs }, i) => {
    const step = `${((100 * atMs) / totalMs).toFixed(3)}%{transform:translateY(${-i * height}px)}`;
    atMs += durationMs;
    return step;
  });
  const last = -(scenes.length - 1) * height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${escapeXml(title)}</title>
<style>
text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#abb2bf;white-space:pre}
.strip{animation:film ${(totalMs / 1000).toFixed(1)}s steps(1,end) infinite}
@keyframes film{${steps.join('')}to{transform:translateY(${last}px)}}
@media(prefers-reduced-motion){.strip{animation:none;transform:translateY(${last}px)}}
</style>
<defs>
${lines.map((line, number) => `<text id="l${number}">${spans(line).map(spanElement).join('')}</text>`).join('\n')}
</defs>
<rect width="100%" height="100%" rx="8" fill="#21252b"/>
<g class="strip">
${scenes.map((scene, i) => sceneElement(scene, i * height, numbers)).join('\n')}
</g>
</svg>
`;
}

function sceneElement({ lines }: Frame, top: number, numbers: ReadonlyMap<string, number>): string {
  return lines
    .map((line, row) =>
      line === '' ? '' : `<use href="#l${numbers.get(line)}" x="${MARGIN}" y="${top + MARGIN + ROW * (row + 0.8)}"/>`,
    )
    .join('');
}

/** Scenes that show the same are one. */
function withoutRepeats(frames: readonly Frame[]): Frame[] {
  const scenes: Frame[] = [];
  for (const frame of frames) {
    const before = scenes.at(-1);
    if (before?.lines.join('\n') !== frame.lines.join('\n')) scenes.push(frame);
    else scenes[scenes.length - 1] = { ...before, durationMs: before.durationMs + frame.durationMs };
  }
  return scenes;
}

function spanElement({ text, colour, bold, dim }: Span): string {
  const style = [colour && ` fill="${colour}"`, bold && ' font-weight="bold"', dim && ' opacity=".6"'].filter(Boolean);
  return `<tspan${style.join('')}>${escapeXml(text)}</tspan>`;
}

/** The pieces of a line that look alike, in order; a column counts as wide as it is by `white-space: pre`. */
export function spans(line: string): readonly Span[] {
  const [text = '', ...rest] = line.split(SGR);
  const found: Span[] = [{ text }];
  let style: Style = {};
  for (let i = 0; i < rest.length; i += 2) {
    style = restyle(style, rest[i] ?? '');
    found.push({ ...style, text: rest[i + 1] ?? '' });
  }
  return found.filter((span) => span.text !== '');
}

function restyle(before: Style, parameters: string): Style {
  let style = before;
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) style = {};
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (code >= 30 && code <= 37) style = { ...style, colour: COLOURS[code - 30] };
    else if (code >= 90 && code <= 97) style = { ...style, colour: COLOURS[code - 90] };
    else if (code === 39) style = { ...style, colour: undefined };
  }
  return style;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
