/** What containers find in their environment, from the pod itself, ConfigMaps and Secrets. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { podEnv } from "../../../../src/targets/pod-env.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { processEnvironment } from "../../../../src/resources/process/environment.ts";

const OBJECTS = `---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: conf }, data: { MODE: fast, other: x }, binaryData: { bin: AAAA } }
---
{ apiVersion: v1, kind: Secret, metadata: { name: pass }, data: { PASSWORD: c2VzYW1l, USER: bm9ib2R5 }, stringData: { USER: me } }
`;

function lab(container: string, spec = "") {
  return loadLabText(
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: p, labels: { app: web }, annotations: { a.b/c: note } }, spec: { ${spec} containers: [{ name: c, command: [run, "$(MODE) $(IP) $(NOBODY)"], ${container} }] } }
${OBJECTS}`,
    "a.yaml",
  );
}

function started(container: string, spec = "") {
  const loaded = lab(container, spec).lab;
  const process = planResources(loaded).find((one) => one.kind === "process");
  if (process?.kind !== "process") throw new Error("no process");
  const own = Object.entries(processEnvironment(process)).filter(([key]) => !key.startsWith("KUBERNETES_"));
  const byExec = podEnv(loaded, { pod: { namespace: "default", name: "p" } });
  return { argv: process.argv, env: Object.fromEntries(own), compared: process.env, byExec };
}

const from = (name: string, source: string): string => `{ name: ${name}, valueFrom: ${source} }`;
const field = (name: string, path: string): string => from(name, `{ fieldRef: { fieldPath: "${path}" } }`);

test("the downward API", () => {
  const paths = [
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.podIP",
    "status.podIPs",
    "metadata.labels['app']",
    "metadata.annotations['a.b/c']",
    "metadata.labels['none']",
  ];
  const { env } = started(
    `env: [ ${paths.map((path, i) => field(`V${i}`, path)).join(", ")} ]`,
    "serviceAccountName: robot,",
  );
  expect(paths.map((_, i) => env[`V${i}`])).toEqual([
    "p", "default", "node1", "robot", "192.168.50.11", "10.244.0.2", "10.244.0.2,fd00:10:244::2", "web", "note", "",
  ]); // prettier-ignore
});

test("keys of ConfigMaps and Secrets, whole ones with a prefix; stringData wins, binary data is left out", () => {
  const { argv, env, compared, byExec } = started(`
    envFrom: [ { prefix: C_, configMapRef: { name: conf } }, { secretRef: { name: pass } } ],
    env: [ ${from("MODE", "{ configMapKeyRef: { name: conf, key: MODE } }")}, ${field("IP", "status.podIP")}, { name: A, value: "$(MODE)/$(USER)/$(IP)" }, ${from("USER", "{ secretKeyRef: { name: pass, key: PASSWORD } }")} ]`);
  expect(env).toMatchObject({
    C_MODE: "fast",
    C_other: "x",
    PASSWORD: "sesame",
    USER: "sesame",
    MODE: "fast",
    IP: "10.244.0.2",
  });
  expect(byExec).toMatchObject({ C_MODE: "fast", USER: "sesame", IP: "10.244.0.2" });
  expect(env).not.toHaveProperty("C_bin");
  // As the kubelet: what envFrom brings is not known to $(NAME) of env, but to that of the command.
  expect(env["A"]).toBe("fast/$(USER)/10.244.0.2");
  expect(argv).toEqual(["run", "fast 10.244.0.2 $(NOBODY)"]);
  // What a ConfigMap holds later does not start the container again.
  expect(compared).not.toHaveProperty("MODE");
  expect(compared).toHaveProperty("IP");
});

test("what is missing is reported, unless it is optional", () => {
  const missing = (container: string): readonly string[] =>
    lab(container).warnings.map((one) => `${one.severity}: ${one.message}`);
  expect(missing(`env: [ ${from("A", "{ configMapKeyRef: { name: conf, key: none } }")} ]`)).toEqual([
    'warning: ConfigMap default/conf has no key "none": the kubelet does not start container c (CreateContainerConfigError)',
  ]);
  expect(missing(`env: [ ${from("A", "{ secretKeyRef: { name: none, key: k } }")} ]`)).toEqual([
    "warning: there is no Secret default/none: the kubelet does not start container c (CreateContainerConfigError)",
  ]);
  expect(missing(`envFrom: [ { secretRef: { name: none, optional: true } } ]`)).toEqual([]);
});

test("and once for all pods of a Deployment", () => {
  const template = `{ metadata: { labels: { a: b } }, spec: { containers: [ { name: c, envFrom: [ { configMapRef: { name: none } } ] } ] } }`;
  const { warnings } = loadLabText(
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1] } } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: d }, spec: { replicas: 3, selector: { matchLabels: { a: b } }, template: ${template} } }
`,
    "a.yaml",
  );
  expect(warnings.map((one) => one.message)).toEqual([expect.stringContaining("there is no ConfigMap default/none")]);
});
