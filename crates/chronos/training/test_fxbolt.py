"""Tests of the training tool: `python -m unittest` in this folder (needs requirements.txt, not the packages' rates)."""

import contextlib
import copy
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from chronos import ChronosBoltPipeline
from chronos.chronos_bolt import ChronosBoltModelForForecasting

from fxbolt import rates
from fxbolt.learning import STATE, Recipe, Training, averaged
from fxbolt.__main__ import before, parser, random_walks
from fxbolt.model import GAUSSIAN, LEVELS, STEPS, BadCheckpoint, export, new_model, open_model, relative_loss, step_weights
from fxbolt.scores import origins, pinball, table
from fxbolt.simulation import simulate
from fxbolt.start import start_as_random_walk
from fxbolt.windows import Batch, Feed, Pool, learnable


def walk(days=1500, seed=1, first="2010-01-01", volatility=0.006):
    steps = np.random.default_rng(seed).standard_normal(days)
    return pd.Series(500 * np.exp(volatility * np.cumsum(steps)), index=pd.bdate_range(first, periods=days))


def small(seed=1):
    return new_model(64, 2, 1, 128, 16, seed)


class OwnSeries(unittest.TestCase):
    def refused(self, series, *words, until=None, header="date,value"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "own.csv"
            lines = [header] + [f"{date.date()},{value}" for date, value in series.items()]
            path.write_text("\n".join(lines))
            with self.assertRaises(rates.BadSeries) as refusal:
                rates.own_series(path, until)
        for word in words + ("own.csv",):
            self.assertIn(word, str(refusal.exception))

    def test_too_short(self):
        self.refused(walk(100), "100 observations", "330")

    def test_constant(self):
        self.refused(walk() * 0 + 7.5, "constant")

    def test_dates_after_the_cut_off(self):
        self.refused(walk(), "after the cut-off 2012-12-31", until=pd.Timestamp("2012-12-31"))

    def test_garbage_is_named_by_its_row(self):
        series = walk().astype(object)
        series.iloc[6] = "n/a?"
        self.refused(series, "row 7")
        series.iloc[6] = -3.0
        self.refused(series, "row 7", "positive")

    def test_other_columns(self):
        self.refused(walk(), "expected date and value", header="day,price")

    def test_monthly(self):
        series = walk()
        self.refused(series[::22].reindex(series.index[::22]).iloc[:60].pipe(lambda s: pd.concat([s] * 1)), "observations")
        long = walk(10_000, first="1980-01-01")[::22]
        self.refused(long, "daily")

    def test_dates_may_be_numbers_or_have_hours_and_zones(self):
        series = walk()
        for dates in (series.index.strftime("%Y%m%d"), series.index.strftime("%Y-%m-%dT15:00:00-03:00")):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "own.csv"
                pd.DataFrame({"date": dates, "value": series.to_numpy()}).to_csv(path, index=False)
                (segment,) = rates.own_series(path, pd.Timestamp(series.index[-1]))
            self.assertEqual(segment.first, np.datetime64("2010-01-01"))

    def test_the_newest_version_of_a_date_counts(self):
        series = walk()
        table = pd.DataFrame({"date": series.index, "value": series.to_numpy(), "fetched_at_ms": 0})
        again = pd.DataFrame({"date": series.index[-1:], "value": [123.0], "fetched_at_ms": 1})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "usdown.parquet"
            pd.concat([table, again]).to_parquet(path)
            (segment,) = rates.own_series(path, None)
        self.assertAlmostEqual(np.exp(segment.values[-1]), 123.0)

    def test_nothing_is_left_before_what_is_kept_back(self):
        segments = rates.segments("own", np.log(walk(340)))
        with self.assertRaisesRegex(rates.BadSeries, "own: too short: 183 observations up to 2010-"):
            before(segments, pd.Timestamp("2010-06-01"))

    def test_a_cut_off_must_be_given(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            parser().parse_args(["finetune", "--checkpoint", "x", "--series", "y", "--out", "z"])

    def test_a_good_one_keeps_its_holes(self):
        series = walk().drop(walk().index[[10, 500]])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "own.csv"
            series.rename_axis("date").rename("value").to_csv(path)
            (segment,) = rates.own_series(path, None)
        self.assertEqual(np.flatnonzero(np.isnan(segment.values)).tolist(), [10, 500])
        self.assertEqual(len(segment.compact()), 1498)


class Segments(unittest.TestCase):
    def test_long_gaps_cut_and_nothing_after_the_cut_off_remains(self):
        series = walk()
        logs = rates.logarithms(series.drop(series.index[700:712]), pd.Timestamp("2014-12-31"))
        found = rates.segments("x", logs)
        self.assertEqual([len(s.compact()) for s in found][0], 700)
        self.assertLessEqual(max(s.dates()[-1] for s in found), np.datetime64("2014-12-31"))

    def test_a_slip_of_the_pen_is_left_out(self):
        series = walk()
        series.iloc[100] *= 1.3
        logs = rates.logarithms(series, series.index[-1])
        self.assertNotIn(series.index[100], logs.index)
        self.assertEqual(len(logs), 1499)


class Simulation(unittest.TestCase):
    def test_futures_go_on_from_their_contexts_and_are_as_wide_as_the_past(self):
        found = simulate(np.random.default_rng(3), 4000, 100, 20, 4)
        daily = np.diff(found.contexts, axis=1).std(1)
        first = found.futures[:, :, 0] - found.contexts[:, -1:]
        ratio = first / daily[:, None]
        self.assertAlmostEqual(float(np.median(ratio)), 0.0, delta=0.05)
        # Interquartile range in units of the context's deviation. It would be 1.35 for normal errors of constant volatility.
        self.assertTrue(1.0 < np.subtract(*np.quantile(ratio, [0.75, 0.25])) < 1.35)
        apart = (found.futures[:, 0, -1] - found.futures[:, 1, -1]).std()
        self.assertGreater(apart, 0.01)


class Windows(unittest.TestCase):
    def test_pegs_jumps_and_holes_are_not_learned_from(self):
        contexts = np.log(np.stack([walk(100, seed).to_numpy() for seed in range(5)]))
        futures = contexts[:, -1:, None].repeat(10, 2) + np.zeros((5, 1, 10))
        contexts[1] = contexts[1, 0]
        futures[2] += 3.0
        contexts[3, :50] = np.nan
        futures[4] = np.nan
        self.assertEqual(learnable(contexts, futures).tolist(), [True, False, False, False, False])

    def test_the_same_seed_gives_the_same_batches_and_contexts_end_at_one(self):
        series = walk()
        pool = Pool(rates.segments("x", np.log(series)))
        one, two = (Feed([(1.0, pool)], 20, 64, 3, 5) for _ in range(2))
        for _ in range(3):
            a, b = one.real(16, 64), two.real(16, 64)
            self.assertTrue(torch.equal(torch.nan_to_num(a.context), torch.nan_to_num(b.context)))
            self.assertGreater(len(a.context), 8)
        last = [row[~torch.isnan(row)][-1].item() for row in a.context]
        self.assertEqual(set(last), {1.0})
        self.assertEqual(one.simulated(16, 64).future.shape[1:], (3, 20))


class Loss(unittest.TestCase):
    def test_true_gaussian_quantiles_have_a_loss_of_one(self):
        sigma, n = 0.01, 20_000
        torch.manual_seed(1)
        future = 1 + sigma * torch.randn(n, 1, STEPS).cumsum(2)
        z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(LEVELS))
        quantiles = (1 + sigma * z[:, None] * torch.arange(1, STEPS + 1).sqrt()).expand(n, -1, -1)
        batch = Batch(torch.ones(n, 8), future, torch.full((n,), sigma))
        loss = relative_loss(quantiles, batch, step_weights(STEPS), torch.tensor(LEVELS))
        self.assertAlmostEqual(loss.item(), 1.0, delta=0.01)
        self.assertAlmostEqual(GAUSSIAN, 0.6173, delta=0.001)

    def test_what_is_missing_counts_for_nothing(self):
        quantiles = torch.ones(1, 9, STEPS)
        future = torch.full((1, 1, STEPS), float("nan"))
        batch = Batch(torch.ones(1, 8), future, torch.full((1,), 0.01))
        self.assertEqual(relative_loss(quantiles, batch, step_weights(STEPS), torch.tensor(LEVELS)).item(), 0.0)


class Scores(unittest.TestCase):
    def test_a_future_is_never_seen_and_the_last_target_is_not_after_the_last_date(self):
        (segment,) = rates.segments("x", np.log(walk()))
        found = origins([segment], pd.Timestamp("2014-01-01"), pd.Timestamp("2014-12-31"), 1)
        dates = segment.dates()
        end = np.searchsorted(dates, np.datetime64("2014-12-31"), side="right")
        self.assertEqual(found.future[-1, -1], segment.values[end - 1])
        self.assertEqual(found.past[0, -1], segment.values[np.searchsorted(dates, np.datetime64("2014-01-01"))])

    def test_pinball_by_hand(self):
        quantiles = np.zeros((1, 9, 1))
        # Twice the mean of the levels over the deciles is one.
        self.assertAlmostEqual(pinball(quantiles, np.array([[2.0]]))[0, 0], 2.0)


class Model(unittest.TestCase):
    def test_it_starts_as_the_random_walk(self):
        model = small()
        steps = torch.randn(512, 128, generator=torch.Generator().manual_seed(1))
        start_as_random_walk(model, torch.exp(0.01 * steps.cumsum(1)))
        logs = [rates.segments(str(seed), np.log(walk(1500, seed)))[0] for seed in range(8)]
        found = table(model, origins(logs, pd.Timestamp("2012-01-01"), pd.Timestamp("2015-09-01")))
        for horizon, scores in found.items():
            self.assertGreater(scores["skill"], -0.03, horizon)

    def test_training_goes_on_where_it_was_and_what_it_exports_answers_like_the_reference(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            feed = lambda: Feed([], STEPS, 128, 2, 1)  # noqa: E731
            recipe = Recipe(steps=4, real=0, simulated=8, warm_up=1)
            training = lambda seed, made_of: Training(  # noqa: E731
                small(seed), feed(), recipe, folder, None, False, {"seed": made_of}, "2019-12-31")
            first = training(1, "1")
            first.one_step()
            first.one_step()
            first.save()
            kept, until = averaged(folder / STATE)
            self.assertEqual(until, "2019-12-31")
            with self.assertRaisesRegex(BadCheckpoint, "a training of seed 1, not of seed 2; give --fresh"):
                training(2, "2").resume()
            again = training(2, "1")
            self.assertTrue(again.resume())
            for name, tensor in kept.state_dict().items():
                self.assertTrue(torch.equal(tensor, again.average.state_dict()[name]), name)
            self.assertEqual(again.step, 2)
            # The second training is now in the state of the first, and both continue with the same batches.
            for name, tensor in first.model.state_dict().items():
                self.assertTrue(torch.equal(tensor, again.model.state_dict()[name]), name)
            first.one_step()
            again.one_step()
            for name, tensor in first.model.state_dict().items():
                self.assertTrue(torch.allclose(tensor, again.model.state_dict()[name], atol=1e-6), name)
            again.learn()
            self.assertEqual(again.step, 4)
            self.assertEqual(json.loads((folder / "config.json").read_text())["trained_until"], "2019-12-31")
            context = torch.tensor(walk(128).to_numpy(), dtype=torch.float32)
            with torch.no_grad():
                own = again.average(context[None]).quantile_preds
            answer = ChronosBoltPipeline.from_pretrained(folder).predict(context, prediction_length=STEPS)
            self.assertTrue(torch.allclose(own, answer, rtol=1e-5))

    def test_half_precision_that_would_overflow_is_refused(self):
        model = small()
        with torch.no_grad():
            model.shared.weight.fill_(1e6)
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(BadCheckpoint):
            export(model, Path(folder), True)

    def test_half_precision_costs_nothing(self):
        model = small()
        start_as_random_walk(model, random_walks(128, 1))
        contexts = random_walks(128, 2)
        with tempfile.TemporaryDirectory() as folder:
            export(model, Path(folder), True)
            half = open_model(Path(folder)).eval()
        with torch.no_grad():
            apart = (model.eval()(contexts).quantile_preds - half(contexts).quantile_preds).abs().mean()
        # A twentieth of a day's volatility of 1 %.
        self.assertLess(apart.item(), 0.0005)

    def test_other_checkpoints_are_refused_by_name_or_taken_without_dropout(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            with self.assertRaisesRegex(BadCheckpoint, "no config.json"):
                open_model(folder)
            other = small()
            other.config.dropout_rate = 0.1
            export(other, folder, False)
            taken = open_model(folder).train()
            contexts = random_walks(128, 1)
            with torch.no_grad():
                self.assertTrue(torch.equal(taken(contexts).quantile_preds, taken(contexts).quantile_preds))
            config = json.loads((folder / "config.json").read_text())
            config["chronos_config"]["quantiles"] = [0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95]
            (folder / "config.json").write_text(json.dumps(config))
            with self.assertRaisesRegex(BadCheckpoint, "expected the nine deciles"):
                open_model(folder)

    def test_shorter_models_are_scored_as_far_as_they_reach(self):
        model = small()
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            config = copy.deepcopy(model.config)
            config.chronos_config["prediction_length"] = 24
            ChronosBoltModelForForecasting(config).save_pretrained(folder)
            short = open_model(folder)
        logs = rates.segments("x", np.log(walk()))
        found = table(short, origins(logs, pd.Timestamp("2012-01-01"), pd.Timestamp("2015-09-01")))
        self.assertEqual(list(found), ["7d", "15d", "30d"])

    def test_an_export_opens(self):
        with tempfile.TemporaryDirectory() as folder:
            export(small(), Path(folder), True)
            self.assertEqual(open_model(Path(folder)).chronos_config.prediction_length, STEPS)


if __name__ == "__main__":
    unittest.main()
