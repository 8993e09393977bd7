/** Reads what `nft list table` and `nft list chain` print: object → rules, or elements sorted. */
import type { NftResource } from "../plan/resource.ts";
import type { IptablesFingerprint } from "./journal.ts";

/** `elements = { a, b }` as its elements; nft breaks long lists into lines. Their order is the kernel's hash order. */
function elements(text: string): readonly string[] {
  const inner = /elements = \{(.*)\}/s.exec(text)?.[1] ?? "";
  return inner
    .split(",")
    .map((element) => element.trim().replace(/\s+/g, " "))
    .filter((element) => element !== "")
    .toSorted();
}

/** Of one table. What chains are declared as (type, hook) is left out, and the elements of sets that rules fill. */
export function parseNftList(text: string): Record<string, readonly string[]> {
  const objects: Record<string, readonly string[]> = {};
  for (const [, kind = "", name = "", body = ""] of text.matchAll(/^\t(chain|set|map) (\S+) \{\n(.*?)^\t\}$/gms)) {
    if (kind === "chain")
      objects[`${kind} ${name}`] = body
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !/^(type \w+ hook |policy |comment )/.test(line));
    else objects[`${kind} ${name}`] = /^\t\tflags .*dynamic/m.test(body) ? [] : elements(body);
  }
  return objects;
}

/** What is there of a resource's objects. */
export function nftFingerprint(
  resource: NftResource,
  listed: Readonly<Record<string, readonly string[]>>,
): IptablesFingerprint {
  return Object.fromEntries(
    resource.objects.flatMap(({ kind, name }): [string, readonly string[]][] => {
      const lines = listed[`${kind} ${name}`];
      return lines === undefined ? [] : [[`${kind} ${name}`, lines]];
    }),
  );
}
