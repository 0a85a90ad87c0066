@0xb2f1c8a05e6d4971;
# The part of workerd's own schema that a Pyodide bundle is written in (workerd 1.20261117.1,
# `src/pyodide/pyodide.capnp` and `src/workerd/jsg/modules.capnp`). The order of the ordinals
# fixes where each field lies, so nothing here may be reordered.

struct Bundle {
  modules @0 :List(Module);
}

struct Module {
  name @0 :Text;
  union {
    src @1 :Data;
    wasm @5 :Data;
    data @6 :Data;
    json @7 :Text;
  }
  type @2 :ModuleType;
  tsDeclaration @3 :Text;
  compileCache @4 :Data;
}

enum ModuleType {
  bundle @0;
  builtin @1;
  internal @2;
}
