use crate::cell::{row, Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

/// The SAD of one direction, as [`SadTable`](crate::sad::SadTable), but read four words at a time: `row` and `valid` answer `read_index`/`read_row` of the clock before, word i of `row` is word 4 `read_row` + i of the SA.
/// Rows of a record as in `registers::sa`: 0 flags, SPI, salt, ports; 1 and 2 the key; 3 the own address; 4 that of the peer; 5 number and limit, low words first.
///
/// * What a word written in the clock in which it is asked for reads as is undefined; so is that row's.
/// * Write, words: one a clock, by the commit bus (`table_*`, obeyed when `table_select` is this table's number) or by the engine (`engine_*`).
///   The datapath lock keeps them apart; where they collide all the same (a wipe that no longer waits), the commit bus wins.
/// * Write, valid bits: `valid_write` sets the bit of `table_index` to `valid_value`. While `table_clear` holds, all SAs read as not valid, and a word that is
///   written takes the valid bit of its SA away for good: who wipes walks over all of them. Words and valid bits are undefined until they are first written, which
///   the clearing after reset does.
///
/// Four memories of one word in four each: their answers go straight into registers.
#[derive(LogicBlock, Ports)]
pub struct WideSad {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub table_clear: Signal<In, Bit>,
    pub engine_write: Signal<In, Bit>,
    pub engine_index: Signal<In, SaIndex>,
    pub engine_word: Signal<In, Bits<5>>,
    pub engine_data: Signal<In, Bits<32>>,
    pub read_index: Signal<In, SaIndex>,
    pub read_row: Signal<In, Bits<3>>,
    pub row: [Signal<Out, Bits<32>>; 4],
    pub valid: Signal<Out, Bit>,
    /// Word i of every row.
    words: [Ram<Bits<32>, 13>; 4],
    valids: Ram<Bit, 10>,
    cleared: Reg<Bit>,
    selected: Signal<Local, Bit>,
    erases: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    index: Signal<Local, SaIndex>,
    word: Signal<Local, Bits<5>>,
    data: Signal<Local, Bits<32>>,
    lane: Signal<Local, Bits<2>>,
    written: Signal<Local, Bits<13>>,
    read: Signal<Local, Bits<13>>,
    select: Constant<Bits<2>>,
    number: [Constant<Bits<2>>; 4],
}

impl WideSad {
    /// The table of a direction: 0 outbound, 1 inbound.
    pub fn new(direction: usize, sizes: Sizes) -> Self {
        assert!(direction < 2, "direction {direction}: 0 is outbound, 1 is inbound");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            table_clear: Default::default(),
            engine_write: Default::default(),
            engine_index: Default::default(),
            engine_word: Default::default(),
            engine_data: Default::default(),
            read_index: Default::default(),
            read_row: Default::default(),
            row: row(),
            valid: Default::default(),
            words: std::array::from_fn(|_| Ram::of(sizes.sa_bits(3) | 7)),
            valids: Ram::of(sizes.sa_bits(0)),
            cleared: Reg::new(true),
            selected: Default::default(),
            erases: Default::default(),
            write: Default::default(),
            index: Default::default(),
            word: Default::default(),
            data: Default::default(),
            lane: Default::default(),
            written: Default::default(),
            read: Default::default(),
            select: Constant::new((direction as u64).into()),
            number: std::array::from_fn(|i| Constant::new((i as u64).into())),
        }
    }
}

impl Logic for WideSad {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cleared);
        clock!(self, clock, valids);
        self.cleared.reset.next = self.reset.val();

        self.selected.next = self.table_select.val() == self.select.val();
        self.write.next = self.engine_write.val();
        self.index.next = self.engine_index.val();
        self.word.next = self.engine_word.val();
        self.data.next = self.engine_data.val();
        if self.table_write.val() & self.selected.val() {
            self.write.next = true;
            self.index.next = self.table_index.val();
            self.word.next = self.table_word.val();
            self.data.next = self.table_data.val();
        }
        self.lane.next = self.word.val().get_bits::<2>(0);
        self.written.next = (bit_cast::<13, 10>(self.index.val()) << 3) | bit_cast::<13, 3>(self.word.val().get_bits::<3>(2));
        self.read.next = (bit_cast::<13, 10>(self.read_index.val()) << 3) | bit_cast::<13, 3>(self.read_row.val());
        for i in 0..4 {
            self.words[i].clock.next = self.clock.val();
            self.words[i].write.next = self.write.val() & (self.lane.val() == self.number[i].val());
            self.words[i].write_address.next = self.written.val();
            self.words[i].write_data.next = self.data.val();
            self.words[i].read_address.next = self.read.val();
            self.row[i].next = self.words[i].read_data.val();
        }

        self.erases.next = self.table_write.val() & self.table_clear.val();
        self.valids.write.next = (self.valid_write.val() | self.erases.val()) & self.selected.val();
        self.valids.write_address.next = self.table_index.val();
        self.valids.write_data.next = self.valid_value.val() & !self.table_clear.val();
        self.cleared.d.next = self.table_clear.val();
        self.valids.read_address.next = self.read_index.val();
        self.valid.next = self.valids.read_data.val() & !self.cleared.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Random writes of both kinds, clearings and reads, against a list in plain Rust. A small table has fewer SAs and is otherwise the same.
    #[test]
    fn rows_read_as_words_were_written() {
        for (seed, sas) in [(1, 32), (2, 4), (3, 1024)] {
            let mut random = StdRng::seed_from_u64(seed);
            let mut bench = Bench::new("wide_sad", WideSad::new(1, Sizes { sas, ..Sizes::default() }), |d| &mut d.clock);
            let (mut words, mut valid) = (vec![[0u32; 32]; sas], vec![false; sas]);
            let mut answer: Option<([u32; 4], bool)> = None;
            let mut clears = 0;
            let mut met = [0; 3];
            for n in 0..3000 {
                let dut = &mut bench.dut;
                dut.reset.next = n == 0;
                clears = if clears > 0 {
                    clears - 1
                } else if random.gen_bool(0.01) {
                    5
                } else {
                    0
                };
                let (select, index, word) = (random.gen_range(0..4u64), random.gen_range(0..sas), random.gen_range(0..32));
                let (table, publish, value) = (random.gen_bool(0.3), random.gen_bool(0.3), random.gen());
                let (engine, engine_index, engine_word) = (random.gen_bool(0.3), random.gen_range(0..sas), random.gen_range(0..32));
                let (read_index, read_row) = (random.gen_range(0..sas), random.gen_range(0..8));
                let data: [u32; 2] = random.gen();
                dut.table_clear.next = clears > 0;
                dut.table_write.next = table;
                dut.table_select.next = select.into();
                dut.table_index.next = (index as u64).into();
                dut.table_word.next = (word as u64).into();
                dut.table_data.next = (data[0] as u64).into();
                dut.valid_write.next = publish;
                dut.valid_value.next = value;
                dut.engine_write.next = engine;
                dut.engine_index.next = (engine_index as u64).into();
                dut.engine_word.next = (engine_word as u64).into();
                dut.engine_data.next = (data[1] as u64).into();
                dut.read_index.next = (read_index as u64).into();
                dut.read_row.next = (read_row as u64).into();
                bench.settle();
                if let Some((row, valid)) = answer.take() {
                    let got: Vec<u32> = bench.dut.row.iter().map(|word| u64::from(word.val()) as u32).collect();
                    assert_eq!((got.as_slice(), bench.dut.valid.val()), (row.as_slice(), valid), "seed {seed}, clock {n}");
                    met[0] += 1;
                    met[1] += valid as usize;
                }
                let write = match (table && select == 1, engine) {
                    (true, _) => Some((index, word, data[0])),
                    (_, true) => Some((engine_index, engine_word, data[1])),
                    _ => None,
                };
                let erases = table && clears > 0;
                let marks = select == 1 && (publish || erases);
                // Nobody may rely on what a word reads as while it is being written.
                let races = write.is_some_and(|(i, w, _)| i == read_index && w / 4 == read_row) || (marks && index == read_index);
                let cleared = clears > 0;
                if !races && n > 3 {
                    let row: [u32; 4] = std::array::from_fn(|i| words[read_index][4 * read_row + i]);
                    answer = Some((row, valid[read_index] && !cleared));
                    met[2] += cleared as usize;
                }
                if let Some((i, w, data)) = write {
                    words[i][w] = data;
                }
                if marks {
                    valid[index] = value && clears == 0;
                }
                bench.cycle();
            }
            assert!(met[0] > 2000 && met[1] > 100 && met[2] > 20, "seed {seed}: {met:?}");
            bench.finish();
        }
    }
}
