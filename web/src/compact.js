/** How long a line may get before a value is written on several. */
const WIDTH = 76;

/** JSON for people: what fits on a line stays on it. */
export function compact(value, indent = '') {
  const entries = value && typeof value === 'object' ? Object.entries(value) : [];
  if (entries.length === 0) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  const write = (inner) => entries.map(([name, v]) => (list ? '' : `"${name}": `) + compact(v, inner));
  const line = `${open} ${write('').join(', ')} ${close}`;
  if (!line.includes('\n') && indent.length + line.length <= WIDTH) return line;
  const inner = `${indent}  `;
  return `${open}\n${write(inner).map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}
