/** What was found about several networks, side by side: rows of cells, one for each network. */
import { count } from "../../counting.ts";
import { networkPlugin } from "../../cluster/cni/registry.ts";
import { policyTexts } from "../../cluster/policy/switches.ts";
import { networkText, type BuiltFigures, type Tried } from "./combination.ts";
import type { WayFigures } from "./measure.ts";

export interface Row {
  readonly label: string;
  readonly cells: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Comparison {
  readonly networks: readonly string[];
  readonly sections: readonly Section[];
  /** Why they differ, and what was not built. */
  readonly notes: readonly string[];
}

const NONE = "–";

const WAY_ROWS: Readonly<Record<string, (one: WayFigures) => string>> = {
  answer: ({ outcome }) => outcome,
  "source seen": ({ source }) => source ?? NONE,
  hops: ({ hops }) => String(hops),
  TTL: ({ ttl }) => (ttl === undefined ? NONE : String(ttl)),
  MTU: ({ mtu }) => (mtu === undefined ? NONE : String(mtu)),
  encapsulation: ({ encapsulation }) => (encapsulation === 0 ? "none" : count(encapsulation, "byte")),
  "rules evaluated": ({ rules }) => String(rules),
  "first packet": ({ ms }) => (ms === undefined ? NONE : `${ms.toFixed(2)} ms`),
};

const STATUS = { passed: "✓", failed: "✗", skipped: "skipped" } as const;

const MEGABYTE = 1e6;

export function compared(all: readonly Tried[]): Comparison {
  const cells = (of: (built: BuiltFigures) => string): readonly string[] =>
    all.map(({ built }) => (built === undefined ? NONE : of(built)));
  const ways = [...new Set(all.flatMap(({ built }) => built?.ways.map(({ way }) => way.title) ?? []))];
  return {
    networks: all.map(({ network }) => networkText(network)),
    sections: [
      {
        title: "The lab",
        rows: [
          {
            label: "built",
            cells: all.map(({ built }) =>
              built === undefined ? "cannot be built" : `in ${(built.ms / 1000).toFixed(1)} s`,
            ),
          },
          { label: "memory", cells: cells(({ memory }) => `${Math.round(memory / MEGABYTE)} MB`) },
          { label: "checks", cells: cells(verdicts) },
        ],
      },
      ...ways.map((title) => waySection(title, all, cells)),
      ...checkSection(all),
    ],
    notes: notes(all),
  };
}

function verdicts({ checks, leftOut }: BuiltFigures): string {
  const of = (status: keyof typeof STATUS): number => checks.filter((check) => check.status === status).length;
  return [
    `${of("passed")} passed`,
    ...(of("failed") > 0 ? [`${of("failed")} failed`] : []),
    ...(of("skipped") > 0 ? [`${of("skipped")} skipped`] : []),
    ...(leftOut.length > 0 ? [`${leftOut.length} left out`] : []),
  ].join(", ");
}

function waySection(
  title: string,
  all: readonly Tried[],
  cells: (of: (built: BuiltFigures) => string) => readonly string[],
): Section {
  const of = (built: BuiltFigures): WayFigures | undefined => built.ways.find(({ way }) => way.title === title);
  const way = all.flatMap(({ built }) => (built === undefined ? [] : (of(built) ?? [])))[0]?.way;
  const figure = (show: (one: WayFigures) => string): readonly string[] =>
    cells((built) => {
      const one = of(built);
      return one === undefined ? NONE : show(one);
    });
  const most = Math.max(0, ...all.map(({ built }) => (built === undefined ? 0 : (of(built)?.devices.length ?? 0))));
  return {
    title: way === undefined ? title : `${way.from} → ${way.to}, ${title}`,
    rows: [
      ...Object.entries(WAY_ROWS).map(([label, show]) => ({ label, cells: figure(show) })),
      ...(way?.throughput === true
        ? [{ label: "throughput", cells: figure(({ throughput }) => throughput ?? NONE) }]
        : []),
      ...Array.from({ length: most }, (_, i) => ({
        label: i === 0 ? "devices" : "",
        cells: figure(({ devices }) => devices[i] ?? ""),
      })),
    ],
  };
}

/** Checks that do not have the same result everywhere, or that failed. */
function checkSection(all: readonly Tried[]): readonly Section[] {
  const names = [
    ...new Set(
      all.flatMap(({ built }) => [
        ...(built?.checks.map(({ name }) => name) ?? []),
        ...(built?.leftOut.map(({ name }) => name) ?? []),
      ]),
    ),
  ];
  const rows = names.flatMap((label): readonly Row[] => {
    const cells = all.map(({ built }) => {
      if (built === undefined) return NONE;
      const found = built.checks.find(({ name }) => name === label);
      return found === undefined ? "left out" : STATUS[found.status];
    });
    return cells.every((cell) => cell === STATUS.passed || cell === NONE) ? [] : [{ label, cells }];
  });
  return rows.length === 0 ? [] : [{ title: "Checks that differ", rows }];
}

function notes(all: readonly Tried[]): readonly string[] {
  const built = all.flatMap((one) =>
    one.built === undefined ? [] : [{ ...one.built, text: networkText(one.network) }],
  );
  const plugins = [...new Set(built.map(({ cluster }) => networkPlugin(cluster)))];
  const texts = plugins.map((plugin) => policyTexts(plugin.switches));
  const isCommon = (text: string): boolean => texts.every((own) => own.includes(text));
  return [
    ...all.flatMap(({ network, problem }) =>
      problem === undefined ? [] : [`${networkText(network)} cannot be built: ${problem.text}`],
    ),
    ...plugins.flatMap(({ name, lesson }, i) => [
      `${name}: ${lesson}`,
      ...(texts[i] ?? []).filter((text) => !isCommon(text)).map((text) => `${name}, policies: ${text}`),
    ]),
    ...built.flatMap(({ leftOut, text }) =>
      leftOut.map(({ name, reason }) => `${text}: "${name}" is left out: ${reason}`),
    ),
    ...built.flatMap(({ checks, text }) =>
      checks.filter(({ status }) => status === "failed").map(({ name, got }) => `${text}: "${name}" failed: ${got}`),
    ),
  ];
}
