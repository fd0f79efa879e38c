/** How long a line may get before a value is written on several. */
const WIDTH = 78;

/**
 * JSON for people, in few lines: what fits on a line stays on it. `before` is how much of the first line there is already behind its
 * indent, `after` how much comes behind the value on its last one.
 */
export function compact(value, indent = '', before = 0, after = 0) {
  const entries = value && typeof value === 'object' ? Object.entries(value) : [];
  if (entries.length === 0) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  const inner = `${indent}  `;
  const lines = [];
  entries.forEach(([name, member], i) => {
    const label = list ? '' : `"${name}": `;
    const behind = i === entries.length - 1 ? after + 2 : 1; // the bracket, or a comma
    const part = label + compact(member, inner, label.length + (i === 0 ? before : 0), behind);
    const joined = `${lines.at(-1)}, ${part}`;
    const length = inner.length + (lines.length === 1 ? before : 0) + joined.length + behind;
    if (lines.length > 0 && !joined.includes('\n') && length <= WIDTH) lines.splice(-1, 1, joined);
    else lines.push(part);
  });
  const line = `${open} ${lines.join(', ')} ${close}`;
  if (!line.includes('\n') && indent.length + before + line.length + after <= WIDTH) return line;
  return `${open} ${lines.join(`,\n${inner}`)} ${close}`;
}
