import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StampedEvent } from "../../../src/events.ts";
import type { CiKind } from "../../../src/report/ci.ts";
import { makePaint } from "../../../src/report/color.ts";
import { formatAnnotation } from "../../../src/report/github.ts";
import { escapeXml } from "../../../src/report/junit.ts";
import { REPORTERS } from "../../../src/report/reporters.ts";
import { failure, lab, run } from "./events.ts";

async function report(
  name: string,
  events: readonly StampedEvent[],
  options: { ci?: CiKind; file?: string; color?: boolean } = {},
): Promise<string> {
  const out: string[] = [];
  const definition = REPORTERS.find((one) => one.name === name);
  if (definition === undefined) throw new Error(`no reporter ${name}`);
  const reporter = definition.make({
    write: (text) => out.push(text),
    command: (text) => out.push(text),
    color: makePaint(options.color ?? false),
    ci: options.ci,
    verbose: false,
    now: () => 1_700_000_000,
    columns: 100,
    file: options.file,
  });
  for (const event of events) reporter.onEvent(event);
  await reporter.end?.();
  return out.join("");
}

describe("plain", () => {
  test("a run with a failed check says expected, got, last seen, where, how to repeat it and why", async () => {
    expect(await report("plain", run)).toMatchInlineSnapshot(`
      "small: Two pods & a <bridge> (netns)
        ✓ built by 12 operations in 41 ms
        ✓ ping works  3 ms
            because:    One bridge joins them.
        ✗ web answers (ipv4)  5.00 s
            expected:   open within 5 s
            got:        timeout: no answer, 100% of attempts
            differs:    node1: net.ipv4.ip_forward is 0, should be 1
            dropped by: NetworkPolicy default/deny (labs/small.yaml:40) on node1: ingress of pod/web is
                        isolated and no rule allows it
            last seen:  node1/eth0 (out), then nothing
            expected because:
                        Every pod reaches every other pod.
            in file:    labs/small.yaml:12:7
            try:        k8snet-lab exec small pod/client -- nc -vz 10.0.0.2 80
        - fast # enough  skipped: iperf3 is missing
        checks: 1 passed, 1 failed, 1 skipped in 5.01 s
      "
    `);
  });

  test("a failed build shows what the kernel said, the command and the cause", async () => {
    const text = await report("plain", [
      { type: "built", ms: 5, operations: 3, rolledBack: true, failures: [failure], labName: "small", at: 0 },
    ]);
    expect(text).toContain("1 operation failed, everything was rolled back");
    for (const part of Object.values(failure)) expect(text).toContain(part);
  });

  test("a running lab's differences are listed with their reason, or that there are none", async () => {
    const cause = { object: "cluster node1", reason: "route", source: { file: "a.yaml", line: 3, column: 1 } };
    const resource = {
      kind: "sysctl",
      id: "sysctl:node1:net.ipv4.ip_forward",
      ns: "node1",
      node: "node1",
      cause,
      key: "net.ipv4.ip_forward",
      value: "1",
    } as const;
    const start: StampedEvent = { type: "lab", lab, driver: "netns", converging: true, labName: "small", at: 0 };
    const operation = {
      id: "update x",
      action: "update",
      resource,
      node: "node1",
      cause,
      dependsOn: [],
      reason: "is 0, should be 1",
    } as const;
    expect(
      await report("plain", [
        start,
        { type: "plan", plan: { lab: "small", operations: [operation] }, labName: "small", at: 0 },
      ]),
    ).toContain("    ~ sysctl:node1:net.ipv4.ip_forward  is 0, should be 1  ← a.yaml:3:1 cluster node1: route");
    expect(
      await report("plain", [start, { type: "plan", plan: { lab: "small", operations: [] }, labName: "small", at: 0 }]),
    ).toContain("nothing differs");
  });

  test("GitHub and GitLab logs fold the operations", async () => {
    const github = await report("plain", run, { ci: "github" });
    expect(github.indexOf("::group::small: 0 operations")).toBeLessThan(github.indexOf("::endgroup::"));
    const gitlab = await report("plain", run, { ci: "gitlab" });
    expect(gitlab).toContain(
      "section_start:1700000000:small_0_operations[collapsed=true]\r\u001b[0Ksmall: 0 operations",
    );
    expect(gitlab).toContain("section_end:1700000000:small_0_operations\r");
  });

  test("colours change no text", async () => {
    const colored = await report("plain", run, { color: true });
    expect(colored).toContain("\u001b[");
    // oxlint-disable-next-line no-control-regex
    expect(colored.replaceAll(/\u001b\[\d+m/g, "")).toBe(await report("plain", run));
  });
});

test("json: one event per line, models reduced to what is documented", async () => {
  const lines = (await report("json", run))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => line["type"])).toEqual(run.map((event) => event.type));
  expect(lines[0]?.["lab"]).toEqual({
    name: "small",
    title: lab.title,
    file: lab.file,
    families: ["ipv4", "ipv6"],
    nodes: [],
    pods: [],
    checks: [{ name: "web answers", kind: "tcp" }],
  });
  for (const line of lines) expect(line).toMatchObject({ labName: "small", at: expect.any(Number) as number });
});

test("junit: a suite per lab, a case per check, a build error of its own, well-formed text", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-junit-"));
  try {
    const file = join(folder, "deep", "junit.xml");
    await report(
      "junit",
      [
        ...run,
        {
          type: "built",
          ms: 5,
          operations: 0,
          rolledBack: true,
          failures: [{ ...failure, stderr: 'bad \u0007 <&> "x"' }],
          labName: "other",
          at: 1,
        },
      ],
      { file },
    );
    const xml = readFileSync(file, "utf8");
    expect(xml).toContain('<testsuite name="small" tests="3" failures="1" errors="0" skipped="1"');
    expect(xml).toContain('<testsuite name="other" tests="1" failures="0" errors="1" skipped="0"');
    expect(xml).toContain(
      '<testcase name="web answers (ipv4)" classname="small" file="labs/small.yaml" line="12" time="5.003">',
    );
    expect(xml).toContain('message="expected open within 5 s; got timeout: no answer, 100% of attempts"');
    expect(xml).toContain('<skipped message="iperf3 is missing"/>');
    expect(xml).toContain(String.raw`bad \u0007 &lt;&amp;&gt; &quot;x&quot;`);
    expect(xml).toContain("<system-out>because: One bridge joins them.</system-out>");
    expect(xml).toContain("&#10;expected because: Every pod reaches every other pod.&#10;");
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(escapeXml("##[error]x")).toBe("#&#35;[error]x");
  expect(formatAnnotation({ level: "error", title: "t", message: "a ##[error]b\n::error::c" })).toBe(
    "::error title=t::a #\\u0023[error]b%0A::error::c",
  );
  expect(escapeXml("\u0000\uD800\uFFFE😀")).toBe("\\u0000\\ud800\uFFFD😀");
});

test("tap: numbered lines, escaped hashes, skips, a YAML block for what failed", async () => {
  expect(await report("tap", run)).toMatchInlineSnapshot(`
    "TAP version 14
    ok 1 - small: ping works
    not ok 2 - small: web answers (ipv4)
      ---
      expected: |-
        open within 5 s
      got: |-
        timeout: no answer, 100% of attempts
      differs: |-
        node1: net.ipv4.ip_forward is 0, should be 1
      dropped_by: |-
        NetworkPolicy default/deny (labs/small.yaml:40) on node1: ingress of pod/web is isolated and no rule allows it
      last_seen: |-
        node1/eth0 (out), then nothing
      expected_because: |-
        Every pod reaches every other pod.
      in_file: |-
        labs/small.yaml:12:7
      try: |-
        k8snet-lab exec small pod/client -- nc -vz 10.0.0.2 80
      ...
    ok 3 - small: fast \\# enough # SKIP iperf3 is missing
    1..3
    "
  `);
});

test("github: an annotation at the line of the lab file, with newlines and percents escaped", async () => {
  const text = await report("github", run);
  expect(text.trimEnd().split("\n")).toHaveLength(1);
  expect(text).toMatch(
    /^::error file=labs\/small\.yaml,line=12,col=7,title=small%3A web answers \(ipv4\)::expected: open within 5 s%0Agot: timeout: no answer, 100%25 of attempts%0Adiffers: /,
  );
  expect(text).toContain("%0Aexpected because: Every pod reaches every other pod.%0A");
});

test("summary: a file that cannot be written is a warning, and fails nothing", async () => {
  const said = await report("summary", run, { file: tmpdir() });
  expect(said).toMatch(/^::warning title=the job summary could not be written::EISDIR.*\n$/);
});

test("summary: a Markdown table is appended, pipes and tags escaped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-summary-"));
  try {
    const file = join(folder, "summary.md");
    await report("summary", run, { file });
    await report("summary", run, { file });
    const text = readFileSync(file, "utf8");
    expect(text.match(/### ❌ small — Two pods & a &lt;bridge>/g)).toHaveLength(2);
    expect(text).toContain(
      "got: timeout: no answer, 100% of attempts; differs: node1: net.ipv4.ip&#95;forward is 0, should be 1; dropped by: NetworkPolicy default/deny",
    );
    expect(text).toContain("; expected because: Every pod reaches every other pod.");
    expect(text).toContain("| ✅ | ping works | 3 ms | One bridge joins them. |");
    expect(text).not.toContain("last seen last seen");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
