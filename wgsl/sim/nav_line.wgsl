//! import sim/nav_cells.wgsl
// Whether one can walk straight from place to place: the cells that a line meets (Amanatides and Woo,
// Eurographics 1987, both cells beside a corner that it passes included) must be open. Tight ones are
// let pass next to either end, so that who stands at a wall can leave it and who wants there arrives.

/// Whether a cell is open, tight or solid.
fn nav_kind(cell: vec2<i32>) -> u32 {
    let word = nav_map[cell.y * NAV_LANES + (cell.x >> 3u)];
    let column = u32(cell.x & 7);
    return (word >> (column + 16u) & 1u) | (word >> column & 2u);
}

fn is_beside(cell: vec2<i32>, end: vec2<i32>) -> bool {
    return all(abs(cell - end) <= vec2<i32>(1));
}

fn lets_pass(cell: vec2<i32>, start: vec2<i32>, end: vec2<i32>) -> bool {
    let kind = nav_kind(cell);
    return kind == OPEN || (kind == TIGHT && (is_beside(cell, start) || is_beside(cell, end)));
}

/// Whether the straight way between two places in the area (1/64 cell) is free. The first cell may be
/// any, the last one not solid.
fn is_straight(a: vec2<i32>, b: vec2<i32>) -> bool {
    let start = nav_cell(a);
    let end = nav_cell(b);
    if (nav_kind(end) == SOLID) { return false; }
    let step = select(vec2<i32>(-1), vec2<i32>(1), b > a);
    let length = abs(b - a);
    let inside = a & vec2<i32>(NAV_PARTS - 1);
    // When the line meets the next boundary along each axis, in 1/(length.x length.y) of the whole.
    // At most 2^15 * 2^15.
    var due = select(inside, NAV_PARTS - inside, b > a) * length.yx;
    var left = abs(end - start); // boundaries still to meet, at most 1022
    var cell = start;
    while (left.x + left.y > 0) {
        let first = left.y == 0 || (left.x > 0 && due.x <= due.y);
        let second = left.x == 0 || (left.y > 0 && due.y <= due.x);
        if (first && second) {
            if (!lets_pass(cell + vec2<i32>(step.x, 0), start, end)) { return false; }
            if (!lets_pass(cell + vec2<i32>(0, step.y), start, end)) { return false; }
        }
        let go = vec2<i32>(i32(first), i32(second));
        cell += step * go;
        due += NAV_PARTS * length.yx * go;
        left -= go;
        if (!lets_pass(cell, start, end)) { return false; }
    }
    return true;
}
