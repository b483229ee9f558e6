// AXI4-Stream (AMBA IHI 0051, section 2.2.1) at a port NAME, with `VALID`, `READY` and `PAYLOAD`: once a transfer is offered it stays as it is until it is taken. RULE is assert where
// the source is what is proven, assume where it is the environment. `started` is 1 from the first clock after reset was seen.
  reg NAME_waits = 0;
  reg [$bits(PAYLOAD)-1:0] NAME_was;
  always @(posedge clock) begin
    NAME_waits <= VALID && !READY && !reset;
    NAME_was <= PAYLOAD;
  end
  always @* if (started && NAME_waits) begin
    NAME_valid: RULE(VALID);
    NAME_stable: RULE(PAYLOAD == NAME_was);
  end
