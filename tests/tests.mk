# SPDX-License-Identifier: GPL-3.0-or-later
# The rings of tests, the demo, the lab and the benches.

RESULTS := build/results
RUN_C   := tests/run-c --results $(RESULTS)

.PHONY: bootstrap
bootstrap:
	$(if $(NO_BOOTSTRAP),,@contrib/bootstrap all)

# One ring, with the build in $(BUILD): make check-unit, also with BUILD= and SANITIZE=.
.PHONY: check-unit check-wire check-bus check-lab
check-unit: bootstrap
	@$(MAKE) --no-print-directory ring-unit
check-wire: bootstrap
	@$(MAKE) --no-print-directory ring-wire
check-bus: bootstrap
	@$(MAKE) --no-print-directory ring-bus
check-lab: bootstrap
	@$(MAKE) --no-print-directory ring-lab

.PHONY: ring-unit ring-wire ring-bus ring-lab
ring-unit: $(UNIT)
	@$(RUN_C) unit $(BUILD) $(UNIT)
# What speaks to a peer waits for time-outs most of the time.
ring-wire: $(WIRE)
	@$(RUN_C) --jobs 4 wire $(BUILD) $(WIRE)
ring-bus: $(BUS) $(PROGRAMS)
	@$(RUN_C) bus $(BUILD) $(BUS) tests/cli/test-cli
ring-lab: $(PROGRAMS)
	@BUILD=$(BUILD) tests/lab/run-tests --results $(RESULTS)

# Everything: plain, then under the sanitizers. A failing ring does not keep the others from
# running; the closing line counts all of it.
.PHONY: check
check: bootstrap
	@rm -f $(RESULTS); mkdir -p build
	@$(MAKE) --no-print-directory -j2 WERROR=1 all check-programs
	@failed=0; \
	$(RUN_C) lint $(BUILD) $(LINT) || failed=1; \
	$(MAKE) --no-print-directory -k WERROR=1 ring-unit ring-wire ring-bus ring-lab || failed=1; \
	$(MAKE) --no-print-directory -k check-sanitized || failed=1; \
	tests/run-c --summary $(RESULTS) && exit $$failed

# contrib/lint is a row of tests too, and is tested itself; so is what make install does.
LINT := contrib/lint tests/lint/test-lint $(if $(wildcard daemon/main.c),tests/install/test-install)

# Every test program is linked before the first one runs.
.PHONY: check-programs
check-programs: $(PROGRAMS) $(UNIT) $(WIRE) $(BUS)

ASAN := BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g'
TSAN := BUILD=build/tsan SANITIZE=thread CFLAGS='-O1 -g'
.PHONY: check-sanitized check-asan check-tsan
check-sanitized: check-asan check-tsan
check-asan:
	@$(MAKE) --no-print-directory -j2 $(ASAN) all check-programs
	@$(MAKE) --no-print-directory -k $(ASAN) ring-unit ring-wire ring-bus ring-lab
check-tsan:
	@$(MAKE) --no-print-directory -j2 $(TSAN) check-programs
	@$(MAKE) --no-print-directory -k $(TSAN) ring-unit ring-wire

.PHONY: demo lab
demo lab: bootstrap
	@$(MAKE) --no-print-directory -j2 all
	@BUILD=$(BUILD) tests/lab/$(if $(filter demo,$@),demo,run-lab)

# The lab ring with the numbers of repetitions that take long.
LONG := R1_REPEAT=50 \
	R7_ATTEMPTS=200 \
	R10_REPEAT=3 \
	R11_WAYS=all \
	R12_MUTANTS=4500 \
	R14_SECONDS=60 \
	R15_TIMES=10 \
	R22_CUTS=50 \
	R22_MESSAGES=10000 \
	R23_KILLS=500 \
	R16_CALLS=20 \
	R26_CHANGES=100 \
	R27_RESTARTS=100 \
	R29_CALLS=10000 \
	R31_SECONDS=300 \
	R32_TIMES=50 \
	R36_CONTACTS=10000 \
	T6_PAIRS=all
# What calls are, on ::1 with phones that are not ours.
CALLS_OVER_SIX := test_calls.py test_call_handling.py test_linphone.py test_nat.py test_voicemail.py
.PHONY: check-long
check-long: bootstrap
	@rm -f build/results-long
	@$(MAKE) --no-print-directory -j2 all
	@$(LONG) $(MAKE) --no-print-directory RESULTS=build/results-long ring-wire ring-lab; \
	LAB_FAMILY=6 tests/lab/run-tests --results build/results-long $(CALLS_OVER_SIX); \
	tests/run-c --summary build/results-long

# The lab ring once more, with ejabberd for xmpp.test.
.PHONY: check-ejabberd
check-ejabberd: bootstrap
	@rm -f build/results-ejabberd
	@$(MAKE) --no-print-directory -j2 all
	@LAB_CHAT=ejabberd $(MAKE) --no-print-directory RESULTS=build/results-ejabberd ring-lab; \
	tests/run-c --summary build/results-ejabberd

# The address books of the desktop, with a real Evolution Data Server.
.PHONY: check-eds
check-eds:
	$(if $(NO_BOOTSTRAP),,@contrib/bootstrap build test eds)
	@$(MAKE) --no-print-directory -j2 BUILD=build/eds WITH_EDS=1 all
	@BUILD=build/eds tests/lab/run-tests test_eds.py

# Lines and branches of policy that the unit and the bus ring reach, with limits.
COVERAGE := BUILD=build/coverage COVERAGE_FLAGS=--coverage RESULTS=build/coverage/results \
	CFLAGS='-O0 -g -U_FORTIFY_SOURCE'
.PHONY: coverage
coverage: bootstrap
	@$(MAKE) --no-print-directory -j2 $(COVERAGE) all check-coverage-programs
	@find build/coverage -name '*.gcda' -delete
	@$(MAKE) --no-print-directory $(COVERAGE) ring-unit ring-bus
	@contrib/coverage build/coverage
.PHONY: check-coverage-programs
check-coverage-programs: $(UNIT) $(BUS)

# Who calls, with 10 to 100,000 contacts.
.PHONY: bench-identity
bench-identity: bootstrap
	@$(MAKE) --no-print-directory -j2 $(BUILD)/tests/bench/bench-identity
	@$(BUILD)/tests/bench/bench-identity

# Calls beside those of Debian's baresip.
.PHONY: bench-sip
bench-sip: bootstrap
	@$(MAKE) --no-print-directory -j2 all
	@BUILD=$(BUILD) tests/bench/sip

# Rosters and messages, beside other readers.
.PHONY: bench-xmpp
bench-xmpp: bootstrap
	@$(MAKE) --no-print-directory -j2 $(BUILD)/tests/bench/bench-xmpp
	@BUILD=$(BUILD) tests/bench/xmpp

.PHONY: bench-idle
bench-idle: bootstrap
	@$(MAKE) --no-print-directory -j2 all
	@BUILD=$(BUILD) tests/bench/idle

.PHONY: lint
lint: $(PROGRAMS)
	@BUILD=$(BUILD) contrib/lint
