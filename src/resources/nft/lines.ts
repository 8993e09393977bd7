/** What brings a table from one state to another (resources/nft/steps.ts), in the syntax of nft(8). */
import { NFT_FAMILY, type NftObject } from "../nft-table.ts";
import type { NftStep } from "../nft-step.ts";
import type { Action } from "../operation.ts";
import type { NftResource } from "./definition.ts";
import { nftSteps } from "./steps.ts";

/** A comment's text between quotes; nft has no escapes. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

function block(parts: readonly (string | false | undefined)[]): string {
  const said = parts.filter((part) => part !== false && part !== undefined);
  return said.length === 0 ? "" : ` { ${said.map((part) => `${part} ;`).join(" ")} }`;
}

function declaration(object: NftObject, table: string): string {
  const { kind, name } = object;
  const comment = object.comment !== undefined && `comment ${quoted(object.comment)}`;
  if (object.kind === "chain") return `${kind} ${table} ${name}${block([object.hook, comment])}`;
  const flags = object.flags !== undefined && `flags ${object.flags.join(",")}`;
  const timeout = object.timeout !== undefined && `timeout ${object.timeout}s`;
  return `${kind} ${table} ${name}${block([`type ${object.type}`, flags, timeout, comment])}`;
}

/** One line for `nft -f`. */
export function nftLine(step: NftStep, { family, table }: Pick<NftResource, "family" | "table">): string {
  const home = `${NFT_FAMILY[family]} ${table}`;
  switch (step.do) {
    case "add table":
      return `add table ${home}${block([step.comment !== undefined && `comment ${quoted(step.comment)}`])}`;
    case "delete table":
      return `delete table ${home}`;
    case "add chain":
      return `add ${declaration(step.chain, home)}`;
    case "flush chain":
    case "delete chain":
      return `${step.do} ${home} ${step.name}`;
    case "add set":
      return `add ${declaration(step.set, home)}`;
    case "delete set":
      return `delete ${step.set.kind} ${home} ${step.set.name}`;
    case "add rule":
      return `add rule ${home} ${step.chain} ${step.text}`;
    case "add element":
    case "delete element":
      return `${step.do} ${home} ${step.set.name} { ${step.text} }`;
  }
}

/** Lines for `nft -f`, one transaction; empty when there is nothing to do. */
export function nftLines(action: Action, resource: NftResource, before?: NftResource): readonly string[] {
  return nftSteps(action, resource, before).map((step) => nftLine(step, resource));
}
