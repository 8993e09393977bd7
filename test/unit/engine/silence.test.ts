/** Calls to an engine that says nothing any more end; those that only take long do not. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { EngineSilence } from "../../../src/engine/silence.ts";
import { LabError } from "../../../src/errors.ts";
import { eventually, pause } from "../../wait.ts";

const PACE = { every: 20, limit: 400 };
const folder = mkdtempSync(join(tmpdir(), "k8snet-silence-"));
const path = join(folder, "docker.sock");
let pings = 0;
let isStopped = false;
let onInfo: (response: ServerResponse) => void = () => undefined;

const server = createServer((request, response) => {
  if (isStopped) return;
  if (request.url === "/_ping") {
    pings += 1;
    response.end("OK");
  } else onInfo(response);
});

beforeAll(() => new Promise<void>((resolve) => server.listen(path, resolve)));
beforeEach(() => void ([pings, isStopped] = [0, false]));
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const open = (): { docker: Docker; silence: EngineSilence } => {
  const docker = new Docker({ socketPath: path });
  const silence = new EngineSilence(docker, () => new LabError("ESILENT", 3, "it does not answer"), PACE);
  return { docker, silence };
};

test("an engine that takes a call and answers nothing", async () => {
  isStopped = true;
  await expect(open().docker.info()).rejects.toMatchObject({ code: "ESILENT" });
});

test("one that stops in the middle of what it does", async () => {
  const { silence } = open();
  isStopped = true;
  await expect(silence.during(new Promise(() => undefined))).rejects.toMatchObject({ code: "ESILENT" });
});

test("one that is at work answers pings, however long it takes", async () => {
  // Longer than it may be silent.
  onInfo = (response) => {
    void eventually(
      () => pings,
      (count) => count >= 3 * (PACE.limit / PACE.every),
    ).then(() => response.setHeader("content-type", "application/json").end('{ "Name": "here" }'));
  };
  expect(await open().docker.info()).toEqual({ Name: "here" });
});

test("no engine is pinged while nothing is waited for", async () => {
  onInfo = (response) => void response.end("{}");
  await open().docker.info();
  await pause(2 * PACE.every, "a ping that was under way arrives");
  const before = pings;
  await pause(5 * PACE.every, "nothing is to happen");
  expect(pings).toBe(before);
});
