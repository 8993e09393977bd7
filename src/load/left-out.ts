/** Objects of kinds that are not built, and the summary of those that need no line of their own. */
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import type { Meaning } from "../kube/left-out-kinds.ts";

/** An object that may matter to the network, and that nothing here builds. */
export interface LeftOutObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** `NAMESPACE/NAME`, or NAME. */
  readonly name: string;
  readonly meaning: Exclude<Meaning, "none">;
  readonly source: SourceRef;
}

/** `NetworkPolicy shop/deny`; for an object without a name only its kind. */
export function objectText({ kind, name }: Pick<LeftOutObject, "kind" | "name">): string {
  return name === "" ? kind : `${kind} ${name}`;
}

/** Kinds listed in the summary at most. */
const LISTED = 12;
/** Objects of one kind that are named in a line at most. */
const NAMED = 3;

interface Count {
  readonly known: boolean;
  /** Position of the first one. */
  readonly source: SourceRef;
  count: number;
}

/** How many there are of kinds that have no meaning for the network, of kinds of unknown APIs, and of annotations. */
export class LeftOutCounts {
  readonly #counts = new Map<string, Count>();
  readonly #named = new Map<string, { readonly why: string; readonly objects: LeftOutObject[] }>();
  readonly #annotations = new Map<string, { readonly why: string; readonly source: SourceRef; count: number }>();

  /** Objects of one kind share a line; each policy that nothing enforces has its own. */
  named(object: LeftOutObject, why: string): void {
    const { apiVersion, kind, name, meaning } = object;
    const key = `${kind} ${apiVersion} ${meaning === "policy" ? name : ""}`;
    const group = this.#named.get(key);
    if (group === undefined) this.#named.set(key, { why, objects: [object] });
    else group.objects.push(object);
  }

  add(meaning: "none" | "unknown", kind: string, version: string, source: SourceRef): void {
    const known = meaning === "none";
    const key = known ? kind : `${kind} (${version})`;
    const entry = this.#counts.get(key) ?? { known, source, count: 0 };
    entry.count++;
    this.#counts.set(key, entry);
  }

  /** An annotation or label that another controller would act on. */
  annotation(key: string, why: string, source: SourceRef): void {
    const entry = this.#annotations.get(key) ?? { why, source, count: 0 };
    entry.count++;
    this.#annotations.set(key, entry);
  }

  #groups(strict: boolean): readonly Diagnostic[] {
    return [...this.#named.values()]
      .flatMap(({ why, objects }) => (strict ? objects.map((one) => ({ why, objects: [one] })) : [{ why, objects }]))
      .flatMap(({ why, objects }) => {
        const [first] = objects;
        if (first === undefined) return [];
        const { apiVersion, kind, source } = first;
        const names = [...new Set(objects.map(({ name }) => name))].filter((name) => name !== "");
        const listed = names.slice(0, NAMED).join(", ");
        const more = objects.length - Math.min(names.length, NAMED);
        const who =
          objects.length === 1
            ? `${objectText(first)} (${apiVersion}) is`
            : `${kind} ${listed}${more > 0 ? `${listed === "" ? "" : " and "}${more} more` : ""} (${apiVersion}) are`;
        const severity = strict ? ("error" as const) : ("warning" as const);
        return [{ severity, message: `${who} left out: ${why}`, source, path: "kind" }];
      });
  }

  /** One line for objects without effect, and one for objects of unknown APIs. */
  summarize(strict: boolean): readonly Diagnostic[] {
    const found: Diagnostic[] = [...this.#groups(strict)];
    const report = (known: boolean, severity: Diagnostic["severity"], one: string, many: string): void => {
      const all = [...this.#counts].filter(([, entry]) => entry.known === known);
      const [first] = all;
      if (first === undefined) return;
      const total = all.reduce((sum, [, { count }]) => sum + count, 0);
      const kinds = all.toSorted(([, a], [, b]) => b.count - a.count).map(([kind, { count }]) => `${count} ${kind}`);
      const more = kinds.length > LISTED ? ` and ${kinds.length - LISTED} more kinds` : "";
      const message = `${total === 1 ? one : `${total} ${many}`}: ${kinds.slice(0, LISTED).join(", ")}${more}`;
      found.push({ severity, message, source: first[1].source, path: "kind" });
    };
    report(
      true,
      "warning",
      "1 object is left out, which does not affect the network",
      "objects are left out, which do not affect the network",
    );
    report(
      false,
      strict ? "error" : "warning",
      "1 object of an unknown API is left out; whether it matters to the network is not known",
      "objects of unknown APIs are left out; whether they matter to the network is not known",
    );
    for (const [key, { why, source, count }] of this.#annotations)
      found.push({
        severity: strict ? "error" : "warning",
        message: `${key}${count === 1 ? "" : ` (${count} times)`} is left out: ${why}`,
        source,
      });
    return found;
  }
}
