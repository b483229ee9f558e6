// Adders of the packed flow of measure.py, for Yosys' techmap: those of up to NARROW bits are tables, wider ones carry chains that make their first carry and hand out their
// last one in places of their own. (The map that Yosys brings leaves both to nextpnr, which takes a whole carry cell for each.)
(* techmap_celltype = "$alu" *)
module alu_ecp5(A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  input CI, BI;
  (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;

  (* force_downto *) wire [Y_WIDTH-1:0] a, b, bb;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) widen_a (.A(A), .Y(a));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) widen_b (.A(B), .Y(b));
  assign bb = BI ? ~b : b;
  assign X = a ^ bb;

  localparam CELLS = (Y_WIDTH + 3) / 2;
  genvar i;
  generate
    if (Y_WIDTH <= `NARROW) begin
      wire [Y_WIDTH:0] c;
      assign c[0] = CI;
      for (i = 0; i < Y_WIDTH; i = i + 1) begin
        assign c[i+1] = (a[i] & bb[i]) | (c[i] & (a[i] | bb[i]));
      end
      assign Y = X ^ c[Y_WIDTH-1:0];
      assign CO = c[Y_WIDTH:1];
    end else begin
      // Place 0 makes the carry, whatever is at the foot of the chain; 1 to Y_WIDTH add; the one above hands the last carry out.
      wire [2*CELLS-1:0] aa, ba, s;
      wire [CELLS:0] link;
      assign link[0] = 1'bx;
      assign aa = {a, CI};
      assign ba = {b, 1'b0};
      for (i = 0; i < CELLS; i = i + 1) begin
        CCU2C #(
          .INIT0(i == 0 ? 16'h000a : 16'h96aa),
          .INIT1(16'h96aa),
          .INJECT1_0("NO"),
          .INJECT1_1("NO")
        ) ccu2c (
          .CIN(link[i]), .COUT(link[i+1]),
          .A0(aa[2*i]), .B0(ba[2*i]), .C0(2*i > Y_WIDTH ? 1'b0 : BI), .D0(1'b1), .S0(s[2*i]),
          .A1(aa[2*i+1]), .B1(ba[2*i+1]), .C1(2*i+1 > Y_WIDTH ? 1'b0 : BI), .D1(1'b1), .S1(s[2*i+1])
        );
      end
      assign Y = s[Y_WIDTH:1];
      for (i = 0; i + 1 < Y_WIDTH; i = i + 1) begin
        assign CO[i] = Y[i+1] ^ X[i+1];
      end
      assign CO[Y_WIDTH-1] = s[Y_WIDTH+1];
    end
  endgenerate
endmodule
