# SPDX-License-Identifier: GPL-3.0-or-later
# Installing, and the manual pages. Nothing is ever installed on the system but by "make install".

MANDIR          ?= $(DATADIR)/man
DBUS_INTERFACES ?= $(DATADIR)/dbus-1/interfaces
DBUS_SERVICES   ?= $(DATADIR)/dbus-1/services
BASH_COMPLETION ?= $(DATADIR)/bash-completion/completions
ZSH_COMPLETION  ?= $(DATADIR)/zsh/site-functions
FISH_COMPLETION ?= $(DATADIR)/fish/vendor_completions.d
DOCDIR          ?= $(DATADIR)/doc/cusaxd
# Not under PREFIX by rights, as AppArmor reads /etc only; empty is none.
APPARMOR        ?= $(DATADIR)/apparmor/extra-profiles

INSTALL ?= install
RST2MAN ?= rst2man

MAN_SOURCES := $(sort $(wildcard man/*.rst))
MAN_PAGES   := $(patsubst man/%.rst,$(BUILD)/man/%,$(MAN_SOURCES)) \
	$(BUILD)/man/org.cusax.Cusax1.5
TEMPLATES   := $(BUILD)/install/cusaxd.service $(BUILD)/install/org.cusax.Cusax1.service \
	$(BUILD)/install/apparmor

.PHONY: man
man: $(MAN_PAGES)

$(BUILD)/man/%: man/%.rst
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)$(RST2MAN) --report=2 --halt=2 --no-datestamp $< $@

$(BUILD)/man/org.cusax.Cusax1.5.rst: contrib/bus-page $(XML)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) contrib/bus-page $(XML) > $@

$(BUILD)/man/org.cusax.Cusax1.5: $(BUILD)/man/org.cusax.Cusax1.5.rst
	$(call say,MAN,$@)
	$(Q)$(RST2MAN) --report=2 --halt=2 --no-datestamp $< $@

# Paths are known at install time only.
define template
$(BUILD)/install/$(1): $(2) $(BUILD)/flags FORCE
	@mkdir -p $$(@D)
	@sed 's,@LIBEXECDIR@,$(LIBEXECDIR),g' $$< | cmp -s - $$@ || \
		sed 's,@LIBEXECDIR@,$(LIBEXECDIR),g' $$< > $$@
endef
$(eval $(call template,cusaxd.service,contrib/systemd/cusaxd.service.in))
$(eval $(call template,org.cusax.Cusax1.service,contrib/dbus/org.cusax.Cusax1.service.in))
$(eval $(call template,apparmor,contrib/apparmor/cusaxd.in))

# What is installed: mode, what, where, separated by colons. Uninstalling reads the same list.
INSTALLED := \
	755:$(BUILD)/cusaxd:$(LIBEXECDIR)/cusaxd \
	755:$(BUILD)/cusaxctl:$(BINDIR)/cusaxctl \
	644:$(BUILD)/install/cusaxd.service:$(SYSTEMD_USER)/cusaxd.service \
	644:$(BUILD)/install/org.cusax.Cusax1.service:$(DBUS_SERVICES)/org.cusax.Cusax1.service \
	644:$(BUILD)/install/apparmor:$(APPARMOR)/cusaxd \
	644:contrib/completions/cusaxctl.bash:$(BASH_COMPLETION)/cusaxctl \
	644:contrib/completions/_cusaxctl:$(ZSH_COMPLETION)/_cusaxctl \
	644:contrib/completions/cusaxctl.fish:$(FISH_COMPLETION)/cusaxctl.fish \
	644:contrib/cusaxd.doap:$(DOCDIR)/cusaxd.doap \
	644:README.md:$(DOCDIR)/README.md \
	$(foreach page,$(MAN_PAGES),644:$(page):$(MANDIR)/man$(patsubst .%,%,$(suffix \
		$(page)))/$(notdir $(page))) \
	$(foreach xml,$(XML),644:$(xml):$(DBUS_INTERFACES)/$(notdir $(xml)))

.PHONY: install uninstall
install: all $(MAN_PAGES) $(TEMPLATES)
	@for file in $(INSTALLED); do \
		to=$${file##*:}; from=$${file#*:}; from=$${from%:*}; \
		$(INSTALL) -D -m $${file%%:*} "$$from" "$(DESTDIR)$$to" || exit 1; \
	done

uninstall:
	@for file in $(INSTALLED); do rm -f "$(DESTDIR)$${file##*:}"; done
