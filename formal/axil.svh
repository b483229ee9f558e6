// AXI4-Lite (AMBA IHI 0022, chapters A3 and B1) at a slave: `aw…`, `w…`, `b…`, `ar…`, `r…` are its ports, `reset` active high, `started` is 1 from the first clock after
// reset was seen. What the slave owes is asserted; of the master only this is assumed: an offered address, strobe or word stays until it is taken.
  reg axil_aw_waits = 0, axil_w_waits = 0, axil_ar_waits = 0, axil_b_waits = 0, axil_r_waits = 0;
  reg [$bits(awaddr)-1:0] axil_awaddr, axil_araddr;
  reg [$bits({wdata, wstrb})-1:0] axil_w;
  reg [1:0] axil_bresp;
  reg [$bits({rdata, rresp})-1:0] axil_r;
  // Transfers taken and not answered.
  reg [1:0] axil_aw_open, axil_w_open, axil_ar_open;
  always @(posedge clock) begin
    axil_aw_waits <= awvalid && !awready && !reset; axil_awaddr <= awaddr;
    axil_w_waits <= wvalid && !wready && !reset; axil_w <= {wdata, wstrb};
    axil_ar_waits <= arvalid && !arready && !reset; axil_araddr <= araddr;
    axil_b_waits <= bvalid && !bready && !reset; axil_bresp <= bresp;
    axil_r_waits <= rvalid && !rready && !reset; axil_r <= {rdata, rresp};
    axil_aw_open <= reset ? 0 : axil_aw_open + (awvalid && awready) - (bvalid && bready);
    axil_w_open <= reset ? 0 : axil_w_open + (wvalid && wready) - (bvalid && bready);
    axil_ar_open <= reset ? 0 : axil_ar_open + (arvalid && arready) - (rvalid && rready);
  end
  always @* if (started) begin
    if (axil_aw_waits) assume(awvalid && awaddr == axil_awaddr);
    if (axil_w_waits) assume(wvalid && {wdata, wstrb} == axil_w);
    if (axil_ar_waits) assume(arvalid && araddr == axil_araddr);
    // An answer, once offered, stays as it is; there is none without a whole request, and never two; OKAY or SLVERR.
    if (axil_b_waits) axil_write_stays: assert(bvalid && bresp == axil_bresp);
    if (axil_r_waits) axil_read_stays: assert(rvalid && {rdata, rresp} == axil_r);
    if (bvalid) axil_write_answer: assert(axil_aw_open != 0 && axil_w_open != 0 && !bresp[0]);
    if (rvalid) axil_read_answer: assert(axil_ar_open != 0 && !rresp[0]);
    axil_open: assert(axil_aw_open <= 1 && axil_w_open <= 1 && axil_ar_open <= 1);
  end
