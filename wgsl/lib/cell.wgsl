// Cells of the neighbour grid. They are powers of two wide. A bounded grid (GRID_WRAP false) clamps
// coordinates into its range; a hashed one wraps them, so that the world has no bounds. Both keep
// neighbours neighbours: cells that differ by at most GRID_REACH do so in the grid as well.

fn grid_coordinate(v: i32, low: i32, shift: u32, count: i32) -> i32 {
    // Shifting first keeps the difference within i32.
    let c = (v >> shift) - (low >> shift);
    if (GRID_WRAP) { return c & (count - 1); }
    return clamp(c, 0, count - 1);
}

/// Cell of a position as coordinates.
fn grid_cell(p: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(
        grid_coordinate(p.x, GRID_LOW_X, GRID_SHIFT_X, GRID_X),
        grid_coordinate(p.y, GRID_LOW_Y, GRID_SHIFT_Y, GRID_Y),
        grid_coordinate(p.z, GRID_LOW_Z, GRID_SHIFT_Z, GRID_Z),
    );
}

/// Place of a cell in grid_start.
fn grid_index(cell: vec3<i32>) -> u32 {
    return u32((cell.z * GRID_Y + cell.y) * GRID_X + cell.x);
}
