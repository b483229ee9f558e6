# What there is to do with this repository. Each target installs what it needs first (scripts/setup.sh).

CARGO  ?= cargo
PYTHON := .venv/bin/python
OUT    ?= target
# NIST CAVP, as the package cryptography-vectors carries it. 192-bit keys are not AES-GCM-16 of ESP as the device has it.
CAVP    = $(foreach kind,Decrypt128 Decrypt256 EncryptExtIV128 EncryptExtIV256,$(wildcard .venv/lib/python3*/site-packages/cryptography_vectors/ciphers/AES/GCM/gcm$(kind).rsp))
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILT    = $(abspath $(TARGET))/debug
HOLDFAST = $(BUILT)/holdfast
SWEEP    = $(HOLDFAST) sweep --station device

.PHONY: help command demo test vectors verify formal model-check thorough scenarios sweep interop-xfrm verilog measure sizes core bitstream docs fmt lint setup

help:
	@echo "make demo     the shipped scenario in simulation, with a summary; files go to $(OUT)/demo"
	@echo "make test     unit tests, lock-step and vectors, then ESP stacks that are not ours"
	@echo "make vectors  NIST CAVP vectors through the GCM core, both simulators (part of make test)"
	@echo "make verify   the long layers: proofs by induction on the exported Verilog, resynchronisation in every order of events, every shipped scenario and a power cut at every clock cycle of three of them on the Verilog, the unmodified Linux kernel as ESP peer"
	@echo "make formal, make model-check, make thorough, make scenarios, make sweep, make interop-xfrm  one of these alone"
	@echo "make verilog  exports the design to $(OUT)/verilog"
	@echo "make measure  area, clock, cycles per frame: writes the tables of docs/src/performance.md and README.md"
	@echo "make bitstream  a bitstream for a board of constraints/, BOARD=colorlight-i9 or ecpix-5; its clock with MHZ=, the key of its records with DEVICE_KEY="
	@echo "make sizes    area of the device by the sizes of its tables: writes that table of docs/src/performance.md; half an hour or more"
	@echo "make core     area, clock and throughput of the AES-GCM core of the profile pipelined, alone; an hour or more"
	@echo "make docs     the crates' documentation to $(OUT)/doc, the register reference, and the book where mdbook is installed"
	@echo "make fmt      formats the Rust code"
	@echo "make lint     what must be clean before a test run: formatting and clippy"

setup:
	@scripts/setup.sh

# The command. With the examples, whose dependencies are those of the tests: so that everything is compiled once, with the same features.
command: setup
	$(CARGO) build --workspace --bin holdfast --examples

demo: command
	$(HOLDFAST) demo

test: setup
	$(CARGO) test --workspace
	$(MAKE) --no-print-directory vectors
	$(PYTHON) scripts/interop/interop.py $(HOLDFAST)

verify: formal model-check thorough scenarios interop-xfrm sweep

# The random histories of the recorder, four to six times as many as in make test.
thorough: setup
	HOLDFAST_THOROUGH=1 $(CARGO) test --workspace --lib -- recorder

model-check: setup
	$(CARGO) run --release -p holdfast-model --example model_check -- packets=3 cuts=1 suspends=0
	$(CARGO) run --release -p holdfast-model --example model_check -- packets=2 cuts=1 suspends=1

scenarios: command
	@for file in testbench/scenarios/*.toml; do $(HOLDFAST) run --backend verilator $$file || exit 1; done

# The power fails at every clock cycle of an installation, of traffic, of a restart with its exchange, and of a suspend; first with the golden model in the
# device's place, a byte on its way into the NVRAM torn at each of its bits, which takes minutes; then with the device, such a byte torn once, which takes an hour. The installation
# is that of a device with room for two SAs, which after a cut has fewer empty places to look through: a quarter of the clocks.
sweep: command
	@for place in "--model --changes=bits" "--changes=bytes"; do \
	  $(SWEEP) testbench/scenarios/sweep-installation.toml --installation --sas 2 $$place && $(SWEEP) testbench/scenarios/sweep-installation.toml $$place && \
	  $(SWEEP) testbench/scenarios/sweep.toml --from "150 us" $$place && $(SWEEP) testbench/scenarios/sweep-suspend.toml --from "40 us" $$place || exit 1; done

interop-xfrm: setup
	CARGO="$(CARGO)" OUT="$(OUT)" scripts/xfrm/run.sh

vectors: command
	$(HOLDFAST) vectors --backend verilator $(CAVP)
	$(HOLDFAST) vectors --backend rust-hdl $(CAVP)

formal: verilog
	$(PYTHON) formal/run.py --verilog $(OUT)/verilog/holdfast_compact.v --out $(OUT)/formal

verilog: command
	$(HOLDFAST) verilog --profile compact --out $(OUT)/verilog
	$(HOLDFAST) verilog --profile pipelined --out $(OUT)/verilog

measure: verilog
	@mkdir -p $(OUT)/measure
	$(BUILT)/examples/measure > $(OUT)/measure/cycles.json
	-$(PYTHON) scripts/measure.py --top holdfast_compact --out $(OUT)/measure/compact.json $(OUT)/verilog/holdfast_compact.v
	$(PYTHON) scripts/performance.py $(OUT)/measure/compact.json $(OUT)/measure/cycles.json
	$(BUILT)/examples/measure pipelined > $(OUT)/measure/pipelined.json
	$(PYTHON) scripts/performance.py $(OUT)/measure/pipelined.json

# MAC and PHY come from LiteEth, which no other target needs. The board has its profile in constraints/boards.py.
BOARD   ?= colorlight-i9

bitstream: verilog
	$(PYTHON) -m pip install --quiet --requirement constraints/requirements.txt
	cd constraints && $(abspath $(PYTHON)) test_frames.py
	$(PYTHON) constraints/board.py --board $(BOARD) --verilog $(OUT)/verilog --out $(OUT)/$(BOARD) $(if $(MHZ),--mhz $(MHZ)) $(if $(DEVICE_KEY),--device-key $(DEVICE_KEY))

sizes: command
	$(PYTHON) scripts/sizes.py --work $(OUT)/sizes -- $(HOLDFAST)

core: setup
	$(PYTHON) scripts/core.py --work $(OUT)/core --docs

docs: command
	$(CARGO) doc --workspace --no-deps
	$(HOLDFAST) registers --format markdown > docs/src/registers.md
	@if command -v mdbook > /dev/null; then mdbook build docs; else echo "the book was not built: cargo install mdbook"; fi

fmt: setup
	$(CARGO) fmt --all

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
