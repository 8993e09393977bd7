/** Rules and chains as a person types them; what only a plugin can make is a comment. */
import { printable } from "../../printable.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { ruleWords } from "../iptables/rule-text.ts";
import type { AdoptedResource } from "./definition.ts";
import { partText } from "./part.ts";

/** Arguments of iptables; undefined for other parts. */
function iptablesWords({ part }: AdoptedResource, remove: boolean): readonly string[] | undefined {
  if (part.type !== "rule" && part.type !== "chain") return undefined;
  const tool = part.family === "ipv6" ? "ip6tables" : "iptables";
  const place = [tool, "-w", "-t", part.table];
  if (part.type === "chain") return [...place, remove ? "-X" : "-N", part.chain];
  return [...place, remove ? "-D" : part.first === true ? "-I" : "-A", part.chain, ...ruleWords(part.rule)];
}

function lines(adopted: AdoptedResource, remove: boolean, shell: Shell): readonly string[] {
  const words = iptablesWords(adopted, remove);
  if (words !== undefined) return [shell.exec(adopted, ...words)];
  return [
    `# ${printable(`${partText(adopted.part)} in ${shell.name(adopted)}: a plugin ${remove ? "removes" : "makes"} it`)}`,
  ];
}

export const adoptedEncoder: KindEncoder<AdoptedResource> = {
  create: (adopted, shell) => lines(adopted, false, shell),
  update: (adopted, _before, shell) => lines(adopted, false, shell),
  remove: (adopted, shell) => lines(adopted, true, shell),
};
