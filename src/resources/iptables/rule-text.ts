/** Rules as iptables-save prints them. */

/** Words of a rule; quoted text is one word. */
export function ruleWords(rule: string): readonly string[] {
  return (rule.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, "$1") : word,
  );
}
