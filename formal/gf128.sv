//: block    holdfast_compact$inbound$gcm$ghash$step
//: steps    0
//: property gf128_step      A step is sum·x^10 + d·h in GF(2^128), as NIST SP 800-38D section 6.3 defines the product, d being the operand's last ten bits.
//: property gf128_rest      What is left of the operand is the operand without these ten bits.
//: fault gf128_step         wire [127:0] r = t[127:0] ^ w ^ (w << 1) ^ (w << 2) ^ (w << 7); ==> wire [127:0] r = t[127:0] ^ w ^ (w << 1) ^ (w << 2) ^ (w << 6);
//: fault gf128_step         (f << 9) ==> (f << 8)
//: fault gf128_rest         wire [127:0] q = o << 10; ==> wire [127:0] q = o << 9;

// A block is its bytes in order, the leftmost bit is the coefficient of x^0. The ports have four words, the first in the lowest bits.
module proof(input [127:0] sum, input [127:0] h, input [127:0] operand);
  wire [127:0] total, rest;
  holdfast_compact$inbound$gcm$ghash$step dut(.sum(sum), .h(h), .operand(operand), .total(total), .rest(rest));

  function [127:0] straight(input [127:0] words);
    straight = {words[31:0], words[63:32], words[95:64], words[127:96]};
  endfunction
  // x times a block: SP 800-38D, algorithm 1, the step of V, with R = 11100001 || 0^120.
  function [127:0] times_x(input [127:0] v);
    times_x = (v >> 1) ^ (v[0] ? {8'b11100001, 120'd0} : 128'd0);
  endfunction

  // Algorithm 1 goes over the bits of its first operand from the left. The last ten of a block are those of x^118 to x^127; in d they are the coefficients of x^0 to x^9.
  reg [127:0] z, v, s;
  wire [127:0] x = straight(operand);
  integer i;
  always @* begin
    z = 0; v = straight(h); s = straight(sum);
    for (i = 0; i < 10; i = i + 1) begin
      if (x[9 - i]) z = z ^ v;
      v = times_x(v);
      s = times_x(s);
    end
    gf128_step: assert(straight(total) == (s ^ z));
    gf128_rest: assert(straight(rest) == x >> 10);
  end
endmodule
