import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEngine } from "../../../src/engine/address.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "docker-config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function addContext(name: string, host: string, tls: readonly string[] = []): void {
  const id = createHash("sha256").update(name).digest("hex");
  mkdirSync(join(folder, "contexts/meta", id), { recursive: true });
  writeFileSync(
    join(folder, "contexts/meta", id, "meta.json"),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }),
  );
  const files = join(folder, "contexts/tls", id, "docker");
  mkdirSync(files, { recursive: true });
  for (const file of tls) writeFileSync(join(files, `${file}.pem`), "");
}

const find = (env: Record<string, string> = {}, context?: string): unknown =>
  findEngine({ DOCKER_CONFIG: folder, HOME: folder, ...env }, context);

test("the current context, then DOCKER_CONTEXT, then DOCKER_HOST, then --context", () => {
  for (const name of ["current", "environment", "flag"]) addContext(name, `tcp://${name}:2375`);
  expect(find()).toEqual({ context: "default", host: "unix:///var/run/docker.sock" });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ currentContext: "current" }));
  expect(find()).toEqual({ context: "current", host: "tcp://current:2375" });
  expect(find({ DOCKER_CONTEXT: "environment" })).toEqual({ context: "environment", host: "tcp://environment:2375" });
  const both = { DOCKER_CONTEXT: "environment", DOCKER_HOST: "unix:///x.sock" };
  expect(find(both)).toEqual({ context: "default", host: "unix:///x.sock" });
  expect(find(both, "flag")).toEqual({ context: "flag", host: "tcp://flag:2375" });
});

test("TLS of a context, and of DOCKER_HOST", () => {
  addContext("remote", "tcp://remote:2376", ["ca", "cert", "key"]);
  const files = join(folder, "contexts/tls", createHash("sha256").update("remote").digest("hex"), "docker");
  expect(find({}, "remote")).toMatchObject({ tls: { ca: join(files, "ca.pem"), key: join(files, "key.pem") } });
  writeFileSync(join(folder, "ca.pem"), "");
  const env = { DOCKER_HOST: "tcp://h:2376", DOCKER_CERT_PATH: folder };
  expect(find(env)).toEqual({ context: "default", host: "tcp://h:2376" });
  expect(find({ ...env, DOCKER_TLS_VERIFY: "1" })).toMatchObject({ tls: { ca: join(folder, "ca.pem") } });
});

test("a context that there is not, a configuration that is none", () => {
  expect(() => find({}, "nonesuch")).toThrow(/unknown Docker context "nonesuch"/);
  writeFileSync(join(folder, "config.json"), "{");
  expect(() => find()).toThrow(/cannot be read as JSON/);
});

test("the contexts that there are, the nearest first; an endpoint in place of a context", () => {
  addContext("east", "ssh://east");
  expect(() => find({}, "esat")).toThrow(
    expect.objectContaining({ hint: 'did you mean "east"? contexts: default, east' }),
  );
  expect(find({ DOCKER_HOST: "unix:///x.sock" }, "ssh://me@west")).toEqual({
    context: "default",
    host: "ssh://me@west",
  });
});
