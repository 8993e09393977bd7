/** The artifacts folder: what someone needs to find out later why a lab failed. */
import { messageOf } from "../errors.ts";
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { formatSource } from "../cause.ts";
import { shellWord } from "../net/shell-word.ts";
import type { StampedEvent } from "../events.ts";
import { formatPlan } from "../plan/format-plan.ts";
import { printable, printableJson } from "../printable.ts";
import { detectCi } from "../report/ci.ts";
import { jsonEvent } from "../report/json.ts";
import { wrappedNotes, writeMerged } from "../workflow/capture-files.ts";
import type { CliContext } from "./context.ts";
import type { EventBus } from "../workflow/event-bus.ts";
import { formatNamespace } from "./inspect/format-namespace.ts";
import { findRecord } from "../workflow/open-lab.ts";
import type { Session } from "../workflow/session.ts";

/** Bytes of a single journal or log file that are copied. */
const LARGEST = 64 * 1024 * 1024;

/** Where artifacts go, or undefined when none are wanted: --artifacts always, in CI after a failure. */
export function artifactsFolder(
  labName: string,
  options: { artifacts?: string },
  context: CliContext,
  failed: boolean,
): string | undefined {
  if (options.artifacts !== undefined) return resolve(context.cwd, options.artifacts, labName);
  if (!failed || detectCi(context.env) === undefined) return undefined;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return resolve(context.cwd, "artifacts", `${labName}-${time}`);
}

/** Writes what can be had; a part that cannot is named in `missing.txt`. `session`: absent when nothing is up. */
export async function writeArtifacts(folder: string, bus: EventBus, session: Session | undefined): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const missing: string[] = [];
  const part = async (name: string, work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      missing.push(`${name}: ${messageOf(error)}`);
    }
  };
  const events = bus.history;
  await part("events", () =>
    writeFileSync(join(folder, "events.jsonl"), events.map((event) => `${printableJson(jsonEvent(event))}\n`).join("")),
  );
  await part("plan", () => {
    const plan = events.findLast((event) => event.type === "plan");
    if (plan !== undefined) writeFileSync(join(folder, "plan.txt"), `${formatPlan(plan.plan).trimEnd()}\n`);
  });
  await part("reproduce", () => writeReproduce(folder, events));
  if (session !== undefined) {
    await part("captures", () => writeCaptures(folder, session, missing));
    await part("state", () => writeState(folder, session));
    await part("journal", () => copyRecord(folder, session));
  }
  if (missing.length > 0) writeFileSync(join(folder, "missing.txt"), `${missing.join("\n")}\n`);
  bus.emit({ type: "artifacts", folder });
}

async function writeCaptures(folder: string, session: Session, missing: string[]): Promise<void> {
  for (const { name, filter } of session.lab.captures) {
    try {
      const { files } = await session.client.call("captureFlush", { name });
      missing.push(...wrappedNotes(files));
      if (files.length > 0) writeMerged(files, join(folder, "captures", `${fileName(name)}.pcapng`), filter);
    } catch (error) {
      missing.push(`capture ${name}: ${messageOf(error)}`);
    }
  }
}

async function writeState(folder: string, session: Session): Promise<void> {
  const observed = await session.client.observe({});
  mkdirSync(join(folder, "state"), { recursive: true });
  writeFileSync(join(folder, "state.json"), `${printableJson(observed, 1)}\n`);
  for (const state of Object.values(observed.namespaces)) {
    writeFileSync(join(folder, "state", `${fileName(state.ns)}.txt`), formatNamespace(state, observed.applied));
  }
}

/** The journal, the agent's log and everything else in the lab's state folder, sockets and captures excepted. */
async function copyRecord(folder: string, session: Session): Promise<void> {
  const record = await findRecord(session.driver, session.lab.name);
  if (record === undefined) return;
  const to = join(folder, "record");
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(record.folder)) {
    const stat = lstatSync(join(record.folder, name));
    if (stat.isFile() && stat.size <= LARGEST) copyFileSync(join(record.folder, name), join(to, name));
  }
}

function writeReproduce(folder: string, events: readonly StampedEvent[]): void {
  const lab = events.findLast((event) => event.type === "lab")?.lab;
  if (lab === undefined) return;
  if (existsSync(lab.file)) copyFileSync(lab.file, join(folder, basename(lab.file)));
  const lines = [
    "#!/bin/sh",
    "# Builds the lab again, as this run did, and leaves it up for inspection. The lab file as it was is beside this script.",
    "set -u",
    `cd ${shellWord(process.cwd())}`,
    `k8snet-lab up ${shellWord(lab.file)} --plain`,
  ];
  for (const event of events) {
    if (event.type !== "check-done" || event.result.status !== "failed" || event.result.reproduce === undefined)
      continue;
    lines.push(
      "",
      comment(`${formatSource(event.result.source)} ${event.result.name}`),
      comment(`got: ${event.result.got}`),
      event.result.reproduce,
    );
  }
  const path = join(folder, "reproduce.sh");
  writeFileSync(path, `${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
}

const comment = (text: string): string => `# ${printable(text)}`;
const fileName = (text: string): string =>
  text
    .replaceAll("/", ".")
    .replaceAll(/[^\w.-]/g, "_")
    .replace(/^\.+/, "_");
