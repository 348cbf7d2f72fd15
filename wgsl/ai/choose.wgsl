// Looks up the next action of each entity in a table of choices, one byte for each state and goal.
//
// The table begins with a row of seven words for each reading:
//   what one more of its code adds to the number of a state, bits after the binary point,
//   low, high, first step, number of steps, 1 if falling.
// Then come the steps and, from START, the choices. `choose_word(index)` and
// `choose_reading(slot, fact)` are made from the declaration.
const ROW = 7u;

/// The code that a stored number stands for.
fn code_of(row: u32, value: i32) -> u32 {
    let steps = choose_word(row + 5u);
    if (steps == 0u) {
        let low = bitcast<i32>(choose_word(row + 2u));
        let high = bitcast<i32>(choose_word(row + 3u));
        return u32(clamp(value >> choose_word(row + 1u), low, high) - low);
    }
    let first = choose_word(row + 4u);
    var reached = 0u;
    for (var i = 0u; i < steps; i++) {
        reached += u32(value >= bitcast<i32>(choose_word(first + i)));
    }
    return select(reached, steps - reached, choose_word(row + 6u) == 1u);
}

fn each(slot: u32) {
    var state = u32(FIRST);
    for (var fact = 0u; fact < FACTS; fact++) {
        let row = ROW * fact;
        state += choose_word(row) * code_of(row, choose_reading(slot, fact));
    }
    choice[slot].action = (choose_word(START + state / 4u) >> (8u * (state & 3u))) & 0xffu;
}
