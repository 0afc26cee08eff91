# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring a tone: the dominant frequency of a recording, in plain Python."""

import array
import cmath
import math
import sys

SIZE = 4096


class Reading:
    """`frequency` in Hz, `level` as RMS (1.0 = full scale), `purity`: the tone's share of it."""

    def __init__(self, frequency, level, purity):
        self.frequency, self.level, self.purity = frequency, level, purity

    def is_tone(self, expected, tolerance=0.02):
        return (self.level > 0.005 and self.purity > 0.5 and
                abs(self.frequency - expected) <= expected * tolerance)

    def __repr__(self):
        return f"{self.frequency:.1f} Hz, level {self.level:.3f}, purity {self.purity:.0%}"


def _transform(values):
    """The discrete Fourier transform of 2^n values, iterative, in place."""
    size = len(values)
    bits = size.bit_length() - 1
    out = [values[int(format(i, f"0{bits}b")[::-1], 2)] for i in range(size)]
    span = 2
    while span <= size:
        half = span // 2
        turns = [cmath.exp(-2j * math.pi * k / span) for k in range(half)]
        for start in range(0, size, span):
            for k in range(half):
                low, high = out[start + k], out[start + half + k] * turns[k]
                out[start + k], out[start + half + k] = low + high, low - high
        span *= 2
    return out


def levels(pcm, rate, frequencies):
    """Frequency → its level in dB below full scale, by Goertzel under a Hann window, so that one loud tone
    does not hide that another is not there."""
    samples = array.array("h")
    samples.frombytes(pcm[:len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    count = len(samples)
    windowed = [sample / 32768 * (0.5 - 0.5 * math.cos(2 * math.pi * i / count))
                for i, sample in enumerate(samples)]
    found = {}
    for frequency in frequencies:
        turn = 2 * math.cos(2 * math.pi * frequency / rate)
        one = two = 0.0
        for sample in windowed:
            one, two = sample + turn * one - two, one
        power = one * one + two * two - turn * one * two
        amplitude = 4 * math.sqrt(max(power, 0.0)) / max(1, count)
        found[frequency] = 20 * math.log10(max(amplitude, 1e-9))
    return found


def measure(pcm, rate):
    """The Reading of the last SIZE samples of signed 16-bit mono sound."""
    samples = array.array("h")
    samples.frombytes(pcm[:len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    recent = [s / 32768 for s in samples[-SIZE:]]
    level = math.sqrt(sum(s * s for s in recent) / max(1, len(recent)))
    if level < 1e-4:
        return Reading(0.0, level, 0.0)
    count = len(recent)
    windowed = [s * (0.5 - 0.5 * math.cos(2 * math.pi * i / count)) for i, s in enumerate(recent)]
    spectrum = [abs(v) ** 2 for v in _transform(windowed + [0.0] * (SIZE - count))[:SIZE // 2]]
    spectrum[0] = spectrum[1] = 0.0
    peak = max(range(2, SIZE // 2 - 1), key=spectrum.__getitem__)
    # parabola through the logarithms around the peak: a fraction of one bin of 2 Hz
    left, middle, right = (math.log(spectrum[i] + 1e-30) for i in (peak - 1, peak, peak + 1))
    bend = left - 2 * middle + right
    offset = 0.5 * (left - right) / bend if bend else 0.0
    near = max(4, peak // 40)
    share = sum(spectrum[max(0, peak - near):peak + near + 1]) / sum(spectrum)
    return Reading((peak + offset) * rate / SIZE, level, share)
