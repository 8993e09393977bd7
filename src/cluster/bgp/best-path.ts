/** Which of several paths a speaker uses (RFC 4271 9.1.2, RFC 4456 9), in the order in which BIRD compares. */
import { parseAddress } from "../../net/address.ts";
import type { BgpEntry, BgpPath } from "./model.ts";

interface Step {
  readonly name: string;
  /** Smaller is better. */
  value(path: BgpPath): number | bigint;
  /** As people read it; default: the value. */
  text?(path: BgpPath): string;
  /** Only between such. */
  compares?(a: BgpPath, b: BgpPath): boolean;
}

/** Addresses by their text: the same ones are compared again and again. */
const VALUES = new Map<string, bigint>();
const MOST_VALUES = 10_000;

function numeric(address = ""): bigint {
  const known = VALUES.get(address);
  if (known !== undefined) return known;
  if (VALUES.size >= MOST_VALUES) VALUES.clear();
  const value = parseAddress(address)?.value ?? 0n;
  VALUES.set(address, value);
  return value;
}

/** Paths that are equal in these are used together. */
const RANK: readonly Step[] = [
  { name: "higher preference", value: ({ preference }) => -preference, text: ({ preference }) => String(preference) },
  { name: "higher local preference", value: ({ localPref }) => -localPref, text: ({ localPref }) => String(localPref) },
  { name: "shorter AS path", value: ({ asPath }) => asPath.length },
  { name: "lower MED", value: ({ med }) => med, compares: (a, b) => a.asPath[0] === b.asPath[0] },
  {
    name: "learned from another AS",
    value: ({ internal }) => Number(internal),
    text: ({ internal }) => (internal ? "iBGP" : "eBGP"),
  },
];

const TIES: readonly Step[] = [
  {
    name: "lower router id",
    value: ({ originator, sender }) => numeric(originator ?? sender),
    text: ({ originator, sender }) => originator ?? sender ?? "",
  },
  { name: "shorter cluster list", value: ({ clusters }) => clusters.length },
  {
    name: "lower neighbour address",
    value: ({ from }) => numeric(from?.address),
    text: ({ from }) => from?.address ?? "",
  },
];

function decide(
  steps: readonly Step[],
  a: BgpPath,
  b: BgpPath,
): { readonly step: Step; readonly less: boolean } | undefined {
  for (const step of steps) {
    if (step.compares?.(a, b) === false) continue;
    const [one, other] = [step.value(a), step.value(b)];
    if (one !== other) return { step, less: one < other };
  }
  return undefined;
}

function compare(a: BgpPath, b: BgpPath): number {
  const found = decide(RANK, a, b) ?? decide(TIES, a, b);
  return found === undefined ? 0 : found.less ? -1 : 1;
}

/** Why the better one is better: `shorter AS path (1 < 2)`. */
function reason(better: BgpPath, worse: BgpPath): string {
  const found = decide(RANK, better, worse) ?? decide(TIES, better, worse);
  if (found === undefined) return "came first";
  const { name, text = (path: BgpPath) => String(found.step.value(path)) } = found.step;
  const [one, other] = [text(better), text(worse)];
  return `${name} (${one} ${name.startsWith("higher") ? ">" : name.startsWith("learned") ? "before" : "<"} ${other})`;
}

/** The best first. */
export function ranked(paths: readonly BgpPath[]): readonly BgpPath[] {
  return paths.length < 2 ? paths : paths.toSorted(compare);
}

/** Texts are made when they are asked for: most never are. */
class Entry implements BgpEntry {
  readonly best: BgpPath;
  readonly used: readonly BgpPath[];
  readonly #paths: readonly BgpPath[];

  constructor(best: BgpPath, paths: readonly BgpPath[], ecmp: number) {
    this.best = best;
    this.#paths = paths;
    const used = best.nextHop === undefined ? [] : [best];
    for (let i = 1; i < paths.length; i++) {
      const path = paths[i];
      if (path === undefined || used.length === 0 || used.length >= ecmp || decide(RANK, best, path) !== undefined)
        break;
      if (used.every(({ nextHop }) => nextHop !== path.nextHop)) used.push(path);
    }
    this.used = used;
  }

  get why(): string {
    const [, second] = this.#paths;
    if (second === undefined) return "the only one";
    return this.used.length > 1 ? `one of ${this.used.length} of the same rank` : reason(this.best, second);
  }

  get others(): BgpEntry["others"] {
    return this.#paths
      .filter((path) => path !== this.best && !this.used.includes(path))
      .map((path) => ({ path, why: reason(this.best, path) }));
  }
}

/** `paths`: in the order of `ranked`; not empty. `ecmp`: how many may be used together. */
export function entryOf(paths: readonly BgpPath[], ecmp: number): BgpEntry {
  const [best] = paths;
  if (best === undefined) throw new TypeError("no path");
  return new Entry(best, paths, ecmp);
}

const FIELDS = ["origin", "nextHop", "localPref", "med", "preference", "originator"] as const;
const LISTS = ["way", "asPath", "communities", "clusters"] as const;

const isSame = (a: BgpPath, b: BgpPath | undefined): boolean =>
  b !== undefined &&
  FIELDS.every((field) => a[field] === b[field]) &&
  LISTS.every((list) => a[list].length === b[list].length && a[list].every((one, i) => one === b[list][i]));

/** The same paths in the same order. */
export const same = (a: readonly BgpPath[], b: readonly BgpPath[]): boolean =>
  a.length === b.length && a.every((one, i) => isSame(one, b[i]));
