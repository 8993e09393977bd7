/** Jobs and CronJobs are peers while they run: as many pods as they may have at once. */
import { expect, test } from "vitest";
import { deleteObjects, restart, scale } from "../../../../src/live/changes.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { LiveModel } from "../../live/live-model.ts";

const text = (spec: string, version = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1, node2] } }
---
{ apiVersion: batch/v1, kind: Job, metadata: { name: work }, spec: { ${spec} template: { spec: { restartPolicy: Never, containers: [ { name: c, env: [ { name: V, value: "${version}" } ] } ] } } } }
`;
const INDEX = "batch.kubernetes.io/job-completion-index";

test("a deleted pod is recreated, of an Indexed Job with its index", () => {
  const model = new LiveModel(text("completions: 3, parallelism: 3, completionMode: Indexed,"));
  const before = model.web();
  model.do(deleteObjects(["job/work#2"], 1));
  expect(model.web()).toHaveLength(3);
  expect(model.web().filter((name) => before.includes(name))).toHaveLength(2);
  expect(model.pods.map(({ labels }) => labels[INDEX] ?? "").toSorted()).toEqual(["0", "1", "2"]);
  expect(model.pods.map(({ specHostname }) => specHostname ?? "").toSorted()).toEqual(["work-0", "work-1", "work-2"]);
});

test("what an Indexed Job passes to its containers and the API server refuses", () => {
  const spec = "completions: 2, parallelism: 2, completionMode: Indexed,";
  const [first] = new LiveModel(text(spec)).pods;
  expect(first?.containers[0]?.env).toEqual({ V: "", JOB_COMPLETION_INDEX: "0" });
  expect(() => new LiveModel(text("completionMode: Indexed,"))).toThrow(
    "spec.completions: Required value: when completion mode is Indexed",
  );
  expect(() => new LiveModel(text(spec).replace("restartPolicy: Never, ", ""))).toThrow(
    'restartPolicy: Required value: valid values: "OnFailure", "Never"',
  );
});

test("a Job with a selector of its own gets no labels", () => {
  const manual = text("manualSelector: true, selector: { matchLabels: { app: a } },").replace(
    "template: {",
    "template: { metadata: { labels: { app: a } },",
  );
  expect(new LiveModel(manual).pods.map(({ labels }) => labels)).toEqual([{ app: "a" }]);
});

test("a CronJob has the pods of one Job, and reports it", () => {
  const cron = (spec: string, name = "night"): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1] } }
---
{ apiVersion: batch/v1, kind: CronJob, metadata: { name: ${name} }, spec: { ${spec} jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [ { name: c } ] } } } } } }
`;
  const load = (manifest: string) => loadLabText(manifest, "a.yaml");
  const { lab, warnings } = load(cron('schedule: "0 3 * * *",'));
  expect(lab.clusters[0]?.pods.map(({ labels }) => labels["job-name"])).toEqual(["night-29000000"]);
  expect(warnings.map(({ message }) => message)).toEqual([
    'CronJob "night": spec.schedule: schedule is ignored: the pods of one of its Jobs run from the start',
  ]);
  expect(load(cron('schedule: "@daily", suspend: true,')).warnings).toEqual([]);
  expect(() => load(cron('schedule: "@daily",', "n".repeat(53)))).toThrow("must be no more than 52 characters");
});

test("neither scaled nor restarted; parallelism of the file counts, suspended has none", () => {
  const model = new LiveModel(text("parallelism: 2,"));
  expect(() => scale("job/work", 3)(model.live, model.world)).toThrow('jobs "work" scaling is not supported');
  expect(() => restart("job/work", "x")(model.live, model.world)).toThrow('jobs "work" restarting is not supported');
  model.up(text("parallelism: 4,"));
  model.settle();
  expect(model.web()).toHaveLength(4);
  model.up(text("parallelism: 4, suspend: true,"));
  model.settle();
  expect(model.web()).toEqual([]);
});

test("another template is another Job: its template cannot be changed", () => {
  const model = new LiveModel(text("parallelism: 2,", "1"));
  model.up(text("parallelism: 2,", "2"));
  model.settle();
  expect(model.pods.map(({ containers }) => containers[0]?.env["V"])).toEqual(["2", "2"]);
});
