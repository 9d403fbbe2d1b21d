const escapeCharacter = String.fromCharCode(0x1b);
/** What a terminal is told to do, or a character that it shows. */
const tokens = new RegExp(`${escapeCharacter}\\[([?\\d;]*)([A-Za-z])|[^${escapeCharacter}]`, 'g');

/**
 * What a terminal without end shows after it was given `output`: as much of the escape sequences as the live line
 * uses. Whatever else comes is an error, so that nothing is overlooked.
 */
export function screen(output: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  const put = (text: string) => {
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  const erase = (parameter: string) => {
    if (parameter === '2') lines[row] = '';
    else lines[row] = (lines[row] ?? '').slice(0, column);
  };
  const moves: Record<string, (parameter: string) => void> = {
    A: (count) => {
      row = Math.max(0, row - Number(count || 1));
    },
    B: (count) => {
      row += Number(count || 1);
    },
    G: (position) => {
      column = Number(position || 1) - 1;
    },
    K: erase,
    // Modes, such as drawing all at once, change nothing that stays.
    h: () => {},
    l: () => {},
  };
  for (const [token, parameter = '', move] of output.matchAll(tokens)) {
    if (token === '\n') {
      row++;
      lines[row] ??= '';
    } else if (token === '\r') column = 0;
    else if (move === undefined) put(token);
    else if (moves[move] === undefined) throw new Error(`A terminal was told ${JSON.stringify(token)}.`);
    else moves[move](parameter);
  }
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
