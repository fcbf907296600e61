// Plain text for people: numbered steps, aligned facts, lines of at most 100 columns, colour only on a terminal.
const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const green = paint(32);
export const red = paint(31);

const labelWidth = 14;
let steps = 0;

/** Starts the next numbered step. */
export function step(title) {
  steps += 1;
  console.log(`\n${bold(`${steps}. ${title}`)}`);
}

/** One fact of the current step. */
export function fact(label, value) {
  console.log(`   ${dim(label.padEnd(labelWidth))}${value}`);
}

/** Rows with aligned columns; `right` names the columns that hold numbers. */
export function table(rows, { right = [] } = {}) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])));
    console.log(`   ${cells.join('  ').trimEnd()}`);
  }
}

/** A long value that is there to be recognised, not to be copied. */
export const shorten = (text, keep = 10) => (text.length <= 2 * keep + 1 ? text : `${text.slice(0, keep)}…${text.slice(-keep)}`);

/** Atoms as a decimal number of the token. */
export function formatAmount(atoms, { decimals, name }) {
  const digits = BigInt(atoms).toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - decimals);
  return `${whole}${fraction === '' ? '' : `.${fraction}`} ${name}`;
}

/** Seconds since 1970 as a UTC time. */
export const formatTime = (seconds) => new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
