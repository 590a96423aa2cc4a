/* fuzz/json.c: json.decode of any bytes never crashes; what it accepts is
 * encoded, read again and encoded again to the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/app_lib.h"
#include "script/bind/binds.h"
#include "script/vm.h"

static const char CHUNK[] =
    "local json = json\n"
    "return function(text)\n"
    "  local value, message, code = json.decode(text)\n"
    "  if value == nil then\n"
    "    assert(type(message) == 'string' and code == 'malformed')\n"
    "    return\n"
    "  end\n"
    "  local again = json.encode(value)\n"
    "  assert(json.encode(json.decode(again)) == again)\n"
    "end\n";

static int l_open(lua_State *L)
{
    l_app_lib_open(L, &hs_bounds_roomy);
    luaL_requiref(L, "json", l_open_json, 1);
    luaL_loadstring(L, CHUNK);
    lua_call(L, 0, 1);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hs_vm *vm;
    struct hs_host host = {0};
    lua_State *L;

    if (!vm) {
        vm = hs_vm_new(64u << 20, &host);
        lua_pushcfunction(hs_vm_state(vm), l_open);
        if (hs_vm_call(vm, 0, 1, 0, NULL) != 0)
            abort();
    }
    L = hs_vm_state(vm);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (hs_vm_call(vm, 1, 0, 0, NULL) != 0)
        abort();
    return 0;
}
