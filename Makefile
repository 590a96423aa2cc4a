# Hookswitch. `make help` lists the targets; BUILD=folder builds elsewhere,
# V=1 shows the commands, SAN=address|thread builds under sanitizers.
BUILD ?= build
CC ?= gcc
V ?= 0
Q := $(if $(filter 0,$(V)),@)

HOST := $(shell find host -name '*.c' | sort)
SCHEMA := $(sort $(wildcard schema/*.sql))
# The program's own Lua: app.lua and the folders, without annotations for editors.
PROGRAM := $(sort lua/app.lua lua/phrases.lua $(filter-out lua/types/%,$(shell find lua -mindepth 2 -name '*.lua')))
# C that is made of other files when the program is built.
MADE := schema program numbering windows_zones
OBJECTS := $(HOST:%.c=$(BUILD)/%.o) $(MADE:%=$(BUILD)/%.o)
# What unit specs load into a plain Lua: everything but the program around it.
NATIVE := $(filter-out $(BUILD)/host/main.o $(BUILD)/host/commands/% $(BUILD)/host/server/%,$(OBJECTS))
# What C tests link: all but main().
TESTABLE := $(filter-out $(BUILD)/host/main.o,$(OBJECTS))
PACKAGES := lua5.4 libcurl sqlite3 openssl libutf8proc
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) lua5.4-cjson 2>/dev/null)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wundef -Wvla -Wformat=2 -Wwrite-strings -Wnull-dereference -Werror
HARDENING := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
LINK_HARDENING := -pie -Wl,-z,relro,-z,now
DEBUGGING := -g
# A sanitizer's report names functions and lines, which -g1 has.
ifdef SAN
HARDENING := -O1 -fno-omit-frame-pointer -fsanitize=$(SAN)
LINK_HARDENING := -fsanitize=$(SAN)
DEBUGGING := -g1
endif
CFLAGS += -std=c17 -D_GNU_SOURCE $(DEBUGGING) -fPIC -Ihost $(HARDENING) $(WARNINGS) $(PACKAGE_CFLAGS)
# Allocations that fail are counted: host/base/memory.h.
WRAP := $(foreach name,malloc calloc realloc reallocarray strdup strndup asprintf,-Wl,--wrap=$(name))
LDLIBS += $(WRAP) $(shell pkg-config --libs $(PACKAGES) lua5.4-cjson 2>/dev/null) -lcivetweb -lpthread -lm

.DEFAULT_GOAL := all
.PHONY: all run screenshots test lint fmt docs asan storm failover bench install deb deb-test clean help check packages web components components-matrix

all: packages $(BUILD)/hookswitch $(BUILD)/native.so $(if $(SAN),,web) ## build the program and the console (the default)

packages:
	$(Q)vendor/check.sh build

# `make run DATABASE=postgresql://...` serves from that database.
ifeq ($(origin DATABASE),command line)
run: export HOOKSWITCH_DATABASE := $(DATABASE)
endif
run: ## install what is missing, build, serve on 127.0.0.1:8080 (in the sandbox without credentials)
	$(Q)vendor/install.sh build $(if $(filter postgres%,$(HOOKSWITCH_DATABASE)),postgres)
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)if $(BUILD)/hookswitch config | grep -qE '^(sandbox = yes|twilio_auth_token = .*unset)'; then \
	  exec $(BUILD)/hookswitch serve --sandbox; else exec $(BUILD)/hookswitch serve; fi

test: ## install the test packages, build, lint, run every suite
	$(Q)vendor/install.sh build test browser
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)spec/run

check: test ## the same as test; CI runs this

lint: ## run the lints: formats, clang-tidy, luacheck, layers, house rules
	$(Q)vendor/check.sh build test
	$(Q)spec/lint

fmt: ## format the C sources
	$(Q)find host spec bench -name '*.[ch]' -not -path '*/node_modules/*' | xargs clang-format -i

docs: ## write docs/lua-api.md from lua/types
	$(Q)lua5.4 docs/lua_api.lua >docs/lua-api.md

asan: ## run the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)vendor/install.sh build test browser
	$(Q)spec/run --asan

storm: all ## save the rules 20 times a second for a minute, under 500 calls a second
	$(Q)npm ci --prefix spec --no-audit --no-fund --silent
	$(Q)node spec/storm.mjs

# What bench measures: words of bench/README.md, or `all`.
PARTS ?= compare sync slow decide
failover: all ## let PostgreSQL fail over 20 times while calls come in, two ways each (ROUNDS=n)
	$(Q)vendor/install.sh build test
	$(Q)ROUNDS=$(or $(ROUNDS),20) spec/run failover

bench: all ## measure next to the limits and the peers, write bench/results.md (PARTS=all: every goal)
	$(Q)vendor/install.sh build bench
	$(Q)node bench/run.mjs $(PARTS)

# The React components as a package of their own: docs/components.md.
components: $(BUILD)/web-components/package.json ## pack the components for other React applications

components-matrix: all components ## install the components into fresh applications of every kind, and use them (needs npm)
	$(Q)npm ci --silent --prefix spec && npm ci --silent --prefix spec/browser
	$(Q)node spec/browser/components_matrix.mjs

# What README.md shows of the console.
IMAGES := today-light call-light rules-light statistics-dark
screenshots: all ## retake docs/images from the browser specs
	$(Q)vendor/install.sh build test browser
	$(Q)npm ci --silent --prefix spec && npm ci --silent --prefix spec/browser
	$(Q)node --test --test-name-pattern='(today|call|rules|statistics): no axe' spec/browser/pages_test.mjs
	$(Q)mkdir -p docs/images && for name in $(IMAGES); do cp $(BUILD)/screenshots/$$name.png docs/images/; done

# What a team edits is never written over: later installs leave it alone. Of the
# program's own Lua nothing old stays.
PREFIX ?= /usr/local
SHARE = $(abspath $(DESTDIR)$(PREFIX))/share/hookswitch
TEAM := lua/forwarding.lua lua/lookups.lua
COPY := tar -c --mode=u=rwX,go=rX
PASTE = tar -xpm --no-same-owner -C $(SHARE)
install: all ## install below PREFIX (default /usr/local)
	install -D -m 755 $(BUILD)/hookswitch $(DESTDIR)$(PREFIX)/bin/hookswitch
	install -D -m 644 app.conf $(SHARE)/app.conf
	rm -rf $(SHARE)/web $(addprefix $(SHARE)/,$(wildcard lua/*/))
	mkdir -p $(SHARE)
	$(COPY) --exclude='*.md' $(filter-out $(TEAM),$(wildcard lua/*)) | $(PASTE)
	for file in $(TEAM); do [ -e $(SHARE)/$$file ] || install -D -m 644 $$file $(SHARE)/$$file; done
	if [ -d $(BUILD)/web ]; then $(COPY) -C $(BUILD) web | $(PASTE); fi

VERSION ?=
deb: ## build the Debian package into build/deb
	$(Q)vendor/install.sh build deb
	$(Q)BUILD=$(BUILD) vendor/deb.sh $(VERSION)

deb-test: deb ## install, upgrade, move and purge that package in a Debian made by debootstrap (needs root)
	$(Q)vendor/install.sh test deb-test
	$(Q)npm ci --prefix spec --no-audit --no-fund --silent
	$(Q)BUILD=$(BUILD) node --test --test-reporter=spec spec/deb/deb_test.mjs

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

$(BUILD)/hookswitch: $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LINK_HARDENING) -o $@ $^ $(LDLIBS)

$(BUILD)/native.so: $(NATIVE)
	@echo "  LINK  $@"
	$(Q)$(CC) -shared $(filter -fsanitize=%,$(LINK_HARDENING)) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# The console, and the libraries that it, the numbering plans and the names of
# time zones come from.
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -name '*.md' 2>/dev/null) lua/hookswitch/letters.lua
LIBRARIES := web/node_modules/.fetched
web: $(BUILD)/web/index.html

$(LIBRARIES): web/package-lock.json
	$(Q)web/libraries.sh

$(BUILD)/web/index.html: $(LIBRARIES) $(WEB_SOURCES)
	$(Q)web/build.sh $(BUILD)/web
	$(Q)touch $@

$(BUILD)/web-components/package.json: $(LIBRARIES) $(WEB_SOURCES) docs/components.md LICENSE
	$(Q)web/components.sh $(BUILD)/web-components
	$(Q)touch $@

# C tests: each file of spec/native is a program, linked with everything but the
# program around it. Shims (LD_PRELOAD) end in _shim.c.
TESTS := $(wildcard spec/native/*_test.c)
SHIMS := $(wildcard spec/native/*_shim.c)
.PHONY: native-tests http-tests fuzzers
native-tests: $(TESTS:%.c=$(BUILD)/%) $(SHIMS:%.c=$(BUILD)/%.so)

$(BUILD)/spec/native/%_test: $(BUILD)/spec/native/%_test.o $(TESTABLE)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LINK_HARDENING) -o $@ $^ $(LDLIBS) -lcmocka -ldl

$(BUILD)/spec/native/%_shim.so: spec/native/%_shim.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O1 -g -fPIC -shared $(WARNINGS) -o $@ $< -ldl

# What specs of requests need besides the program: the shims, and the program once
# more with each of Lua's allocations passed on to malloc().
http-tests: $(SHIMS:%.c=$(BUILD)/%.so) $(BUILD)/spec/native/hookswitch

$(BUILD)/spec/native/hookswitch: $(filter-out $(BUILD)/host/script/pool.o,$(OBJECTS)) $(BUILD)/spec/native/pool.o
	@echo "  LINK  $@"
	$(Q)$(CC) $(LINK_HARDENING) -o $@ $^ $(LDLIBS)

$(BUILD)/spec/native/pool.o: host/script/pool.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -DLARGEST=0 -Wno-array-bounds -MMD -MP -c -o $@ $<

# Fuzzers: the sources they need under clang's libFuzzer and sanitizers.
FUZZ := $(patsubst spec/native/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard spec/native/fuzz/*.c))
FUZZ_FLAGS := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZED := $(NATIVE) $(addprefix $(BUILD)/host/server/,router.o civetweb/guard.o)
FUZZ_OBJECTS := $(FUZZED:$(BUILD)/%=$(BUILD)/fuzz.o/%)
fuzzers: $(FUZZ)

$(BUILD)/fuzz/%: spec/native/fuzz/%.c $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	$(Q)clang -std=c17 -D_GNU_SOURCE -Ihost $(FUZZ_FLAGS) -fsanitize=fuzzer $(PACKAGE_CFLAGS) -o $@ $^ $(LDLIBS)

$(MADE:%=$(BUILD)/fuzz.o/%.o): $(BUILD)/fuzz.o/%.o: $(BUILD)/%.c
	@mkdir -p $(@D)
	$(Q)clang -std=c17 -Ihost $(FUZZ_FLAGS) -c -o $@ $<

$(BUILD)/fuzz.o/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CLANG $<"
	$(Q)clang -std=c17 -D_GNU_SOURCE -Ihost $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(PACKAGE_CFLAGS) -MMD -MP -c -o $@ $<

# The schema travels inside the program, so a database can always be made.
$(BUILD)/schema.c: $(SCHEMA) vendor/embed.sh
	@mkdir -p $(@D)
	$(Q)vendor/embed.sh $(SCHEMA) >$@.new && mv $@.new $@

# So does its Lua, which answers when the Lua folder cannot.
$(BUILD)/program.c: $(PROGRAM) vendor/embed_lua.sh
	@mkdir -p $(@D)
	$(Q)LC_ALL=C vendor/embed_lua.sh $(PROGRAM) >$@.new && mv $@.new $@

# So do the world's numbering plans.
$(BUILD)/numbering.c: vendor/numbering.mjs $(LIBRARIES)
	@mkdir -p $(@D)
	$(Q)node vendor/numbering.mjs web/node_modules/libphonenumber-js >$@.new && mv $@.new $@

# And the names that Windows has for time zones.
$(BUILD)/windows_zones.c: vendor/windows_zones.mjs $(LIBRARIES)
	@mkdir -p $(@D)
	$(Q)node vendor/windows_zones.mjs web/node_modules/cldr-core >$@.new && mv $@.new $@

$(MADE:%=$(BUILD)/%.o): $(BUILD)/%.o: $(BUILD)/%.c
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

.SECONDARY:

-include $(OBJECTS:.o=.d) $(TESTS:%.c=$(BUILD)/%.d) $(FUZZ_OBJECTS:.o=.d)
