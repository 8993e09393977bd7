/** A command with thousands of lines of rules is shown by its beginning and end, and by the part that was refused. */

/** Lines that are shown unchanged. */
const WHOLE = 20;
/** Of a longer one: this many at either end. */
const ENDS = 3;

/** `said`: what the tool or the kernel said; lines that it quotes stay. */
export function shortened(command: string, said: string): string {
  const lines = command.split("\n");
  if (lines.length <= WHOLE) return command;
  const quoted = new Set(said.split("\n").map((line) => line.trim()));
  const stays = (line: string, at: number): boolean =>
    at < ENDS || at >= lines.length - ENDS || (line.trim() !== "" && quoted.has(line.trim()));
  const shown: string[] = [];
  let left = 0;
  for (const [at, line] of lines.entries()) {
    if (!stays(line, at)) left++;
    else {
      if (left > 0) shown.push(`… ${left} ${left === 1 ? "line" : "lines"} (all of it: k8snet-lab plan --script)`);
      left = 0;
      shown.push(line);
    }
  }
  return shown.join("\n");
}
