import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserScriptError } from "./resource_errors.ts";
import { formatPickledResource, parsePickledResource } from "./pickled_resource.ts";
import { Resource } from "./resource.ts";

const PATH_HASH = "9f86d081884c7d659a2feaa0c55ad015";
const CONTENT_HASH = "ab56b4d92b40713acc5af89985d4b786";

/** As Toil writes it for `json.dumps(("scripts", …))`. */
const FROM_TOIL = "toil.resource.DirectoryResource:" +
  `["scripts", "${PATH_HASH}", "file:/nfs/js/files/shared/${PATH_HASH}", "${CONTENT_HASH}"]`;

Deno.test("parsePickledResource() reads what Toil writes", () => {
  assertEquals(parsePickledResource(FROM_TOIL), {
    module: "toil.resource",
    className: "DirectoryResource",
    name: "scripts",
    pathHash: PATH_HASH,
    url: `file:/nfs/js/files/shared/${PATH_HASH}`,
    contentHash: CONTENT_HASH,
  });
});

Deno.test("Resource.pickle() of Resource.unpickle() is what Toil wrote", () => {
  for (const className of ["FileResource", "DirectoryResource", "VirtualEnvResource"]) {
    for (const module of ["toil.resource", "toil_mesos.resource"]) {
      const pickled = FROM_TOIL.replace(
        "toil.resource.DirectoryResource",
        `${module}.${className}`,
      );
      const resource = Resource.unpickle(pickled);
      assertEquals([resource.module, resource.className], [module, className]);
      assertEquals(resource.pickle(), pickled);
    }
  }
});

Deno.test("formatPickledResource() writes as Python's json.dumps, in ASCII", () => {
  const resource = { ...parsePickledResource(FROM_TOIL), name: 'é"\\\t\x7f💥' };
  const expected = '["\\u00e9\\"\\\\\\t\\u007f\\ud83d\\udca5", ';
  const pickled = formatPickledResource(resource);
  assertEquals(pickled.slice(pickled.indexOf("["), pickled.indexOf("9f86")), `${expected}"`);
  assertEquals(parsePickledResource(pickled), resource);
});

Deno.test("parsePickledResource() doesn't mind how the JSON is laid out", () => {
  const compact = FROM_TOIL.replaceAll(", ", ",").replace("[", " [\n");
  assertEquals(parsePickledResource(compact), parsePickledResource(FROM_TOIL));
});

const BAD: Record<string, string> = {
  "": "it doesn't begin with a known class",
  "no colon": "it doesn't begin with a known class",
  'os.system:["a", "b", "c", "d"]': "it doesn't begin with a known class",
  [FROM_TOIL.replace("Directory", "Other")]: "it doesn't begin with a known class",
  [FROM_TOIL.slice(0, -1)]: "JSON",
  [FROM_TOIL.replace(/\[.*/, "{}")]: "expected a list",
  [FROM_TOIL.replace(/\[.*/, '["scripts"]')]: "expected a list of 4",
  [FROM_TOIL.replace('"scripts"', "3")]: "its name: expected a text",
  [FROM_TOIL.replace("scripts", "../scripts")]: "its name: expected a plain file name",
  [FROM_TOIL.replace("scripts", "..")]: "its name: expected a plain file name",
  [FROM_TOIL.replace("scripts", "")]: "its name: expected a plain file name",
  [FROM_TOIL.replace(CONTENT_HASH, "../../etc")]: "its content hash: expected 32 lower-case",
  [FROM_TOIL.replace(`"${PATH_HASH}"`, `"${PATH_HASH.toUpperCase()}"`)]:
    "its path hash: expected 32",
};

Deno.test("parsePickledResource() refuses anything else, naming the field", () => {
  for (const [pickled, reason] of Object.entries(BAD)) {
    const error = assertThrows(() => parsePickledResource(pickled), UserScriptError, reason);
    assertEquals(error.message.startsWith("Cannot read user script resource"), true);
    assertEquals(error.retryable, false);
  }
});

Deno.test("parsePickledResource() of formatPickledResource() is the resource, in ASCII", () => {
  fc.assert(fc.property(fc.array(fc.nat(0xffff)), (units) => {
    const url = String.fromCharCode(...units);
    const resource = { ...parsePickledResource(FROM_TOIL), url };
    const pickled = formatPickledResource(resource);
    assert(/^[ -~]*$/.test(pickled));
    assertEquals(parsePickledResource(pickled), resource);
  }));
});
