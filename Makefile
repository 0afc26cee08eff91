# SPDX-License-Identifier: GPL-3.0-or-later
# cusaxd: one GNU Makefile, everything made lies in $(BUILD).
#
#   make            the daemon and the command line        make demo    two people call and chat
#   make check      every test                             make lab     a shell in a running lab
#   make install    PREFIX, DESTDIR                        make lint    layers, layout, spelling
#
# Variables: CC CFLAGS CPPFLAGS LDFLAGS PKG_CONFIG PREFIX DESTDIR BUILD V=1 WERROR=1
# SANITIZE=address,undefined (or thread) NO_BOOTSTRAP=1 WITH_EDS=1

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

BINDIR       ?= $(PREFIX)/bin
LIBEXECDIR   ?= $(PREFIX)/libexec
DATADIR      ?= $(PREFIX)/share
SYSTEMD_USER ?= $(PREFIX)/lib/systemd/user

PKG_CONFIG ?= pkg-config
PYTHON     ?= /usr/bin/python3
CFLAGS     ?= -O2 -g

ifneq ($(V),1)
Q = @
say = @printf '  %-5s %s\n' '$(1)' '$(2)'
endif

# --- flags -----------------------------------------------------------------------------------

PACKAGES := gio-2.0 gio-unix-2.0 gobject-2.0 libstrophe openssl libidn expat libpulse opus libopusenc \
	spandsp speexdsp vorbisfile libsecret-1 sqlite3 json-glib-1.0 libcurl

# WITH_EDS=1: the address books of the desktop too, by Evolution Data Server.
ifeq ($(WITH_EDS),1)
PACKAGES += libebook-1.2
EDS_CPPFLAGS := -DWITH_EDS
endif

# Plain make and make install never install anything: they say what is missing. The other
# entry points bring the packages in first.
ifeq ($(filter demo check check-% lab bootstrap clean bench-% coverage,$(MAKECMDGOALS)),)
MISSING := $(shell for p in $(PACKAGES); do $(PKG_CONFIG) --exists $$p || echo $$p; done)
ifneq ($(MISSING),)
$(error these libraries are missing: $(MISSING). `contrib/bootstrap build` installs them on Debian)
endif
endif

PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PKG_LIBS   = $(shell $(PKG_CONFIG) --libs $(PACKAGES))

# The defines that libre was built with: without HAVE_INET6 its struct sa has another size.
RE_CFLAGS := -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DHAVE_INET6 -DUSE_TLS -DUSE_OPENSSL \
	-DHAVE_PTHREAD -isystem /usr/include/re -isystem /usr/include/rem
RE_LIBS   := -lre -lrem

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef \
	-Wvla -Wpointer-arith -Wwrite-strings -Wredundant-decls -Wno-format-nonliteral
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

HARDENING := -fPIE -fstack-protector-strong -fno-plt
ifeq ($(SANITIZE),)
HARDENING += -D_FORTIFY_SOURCE=2
else
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

ALL_CPPFLAGS = -I. -I$(BUILD)/gen -D_GNU_SOURCE -DCUSAX_VERSION='"$(VERSION)"' \
	-DG_LOG_DOMAIN='"cusax"' -DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_74 \
	-DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_74 $(PKG_CFLAGS) $(RE_CFLAGS) \
	$(EDS_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 -pthread $(WARNINGS) $(HARDENING) $(CFLAGS) $(SANITIZE_FLAGS) \
	$(COVERAGE_FLAGS)
# -rdynamic: libre finds the digest of services/sip in the program.
ALL_LDFLAGS = -pthread -pie -rdynamic -Wl,-z,relro,-z,now $(LDFLAGS) $(SANITIZE_FLAGS) \
	$(COVERAGE_FLAGS)

# --- sources ---------------------------------------------------------------------------------

LIB_SOURCES := $(filter-out daemon/main.c $(if $(EDS_CPPFLAGS),,services/addressbook/eds.c),$(sort $(wildcard daemon/*.c daemon/*/*.c services/*.c \
	services/*/*.c dbus/*.c)))
CLI_SOURCES := $(sort $(wildcard cli/*.c))
XML         := $(sort $(wildcard dbus/*.xml))

GEN_STEM    := $(BUILD)/gen/cusax-dbus
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o) $(if $(XML),$(BUILD)/obj/gen/cusax-dbus.o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/obj/%.o) $(if $(XML),$(BUILD)/obj/gen/cusax-dbus.o)

UNIT  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test-*.c)))
WIRE  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/wire/test-*.c)))
BUS   := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bus/test-*.c)))
BENCH := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench-*.c)))
# What tests of one ring share: every other .c of its folder.
ring_support = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/$(1)/test-%.c,$(sort \
	$(wildcard tests/$(1)/*.c))))

PROGRAMS := $(if $(wildcard daemon/main.c),$(BUILD)/cusaxd) $(if $(CLI_SOURCES),$(BUILD)/cusaxctl)

.PHONY: all
all: $(PROGRAMS) $(BUILD)/libcusax.a

.SECONDARY:
.DELETE_ON_ERROR:

# A change of flags rebuilds everything; what is only a matter of words does not.
FLAGS_NOW = $(filter-out -Werror,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS))
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@
.PHONY: FORCE
FORCE:

$(GEN_STEM).h $(GEN_STEM).c &: $(XML)
	$(call say,GEN,cusax-dbus)
	@mkdir -p $(@D)
	$(Q)gdbus-codegen --interface-prefix org.cusax.Cusax1. --c-namespace CusaxDbus \
		--c-generate-autocleanup all --generate-c-code $(GEN_STEM) $(XML)

# Warnings in generated code are not ours.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -w -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(if $(XML),$(GEN_STEM).h)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libcusax.a: $(LIB_OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/cusaxd: $(BUILD)/obj/daemon/main.o $(BUILD)/libcusax.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(WHOLE_LIB) $(PKG_LIBS) $(RE_LIBS) -lm

# Whole archive: symbols that libre looks up in the program must not be dropped.
WHOLE_LIB = -Wl,--whole-archive $(BUILD)/libcusax.a -Wl,--no-whole-archive

$(BUILD)/cusaxctl: $(CLI_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

define ring_rules
$$(BUILD)/tests/$(1)/test-%: $$(BUILD)/obj/tests/$(1)/test-%.o $$(call ring_support,$(1)) \
		$$(BUILD)/libcusax.a
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(WHOLE_LIB) $$(PKG_LIBS) \
		$$(RE_LIBS) -lm
endef
$(foreach ring,unit wire bus,$(eval $(call ring_rules,$(ring))))

# The binding to the bus is tested without the core: it needs no more than base, models and verbs.
BINDING := $(filter $(addprefix $(BUILD)/obj/,daemon/base/% daemon/model/% dbus/% gen/%),\
	$(LIB_OBJECTS)) $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/bus/binding/*.c)))
$(BUILD)/tests/bus/test-binding-%: $(BUILD)/obj/tests/bus/test-binding-%.o $(BINDING) \
		$(call ring_support,bus)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# The others put the core of the unit ring on the bus.
$(BUILD)/tests/bus/test-core-%: $(BUILD)/obj/tests/bus/test-core-%.o $(call ring_support,bus) \
		$(BUILD)/obj/tests/unit/core-bench.o $(BUILD)/libcusax.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(WHOLE_LIB) $(PKG_LIBS) $(RE_LIBS) -lm

$(BUILD)/tests/bench/bench-%: $(BUILD)/obj/tests/bench/bench-%.o $(BUILD)/libcusax.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(WHOLE_LIB) $(PKG_LIBS) $(RE_LIBS) -lm

# The servers of the wire ring stand on the other side.
$(BUILD)/tests/bench/bench-xmpp: $(BUILD)/obj/tests/bench/bench-xmpp.o $(call ring_support,wire) \
		$(BUILD)/libcusax.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(WHOLE_LIB) $(PKG_LIBS) $(RE_LIBS) -lm

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(BUILD)

include tests/tests.mk
-include contrib/install.mk
