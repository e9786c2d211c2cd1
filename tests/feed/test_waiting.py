"""Waiting for news."""

import asyncio

from meridian.feed.waiting import news_within


def test_it_ends_with_the_news_or_with_the_time() -> None:
    """News end the wait at once; without news it ends by itself."""

    async def test() -> None:
        news = asyncio.Event()
        await news_within(news, 0.001)
        news.set()
        async with asyncio.timeout(5):
            await news_within(news, 60)

    asyncio.run(test())


def test_a_cancellation_beside_the_news_is_not_lost() -> None:
    """A loop that waits for news ends when it is cancelled in the very turn in which the news come."""

    async def loop(news: asyncio.Event) -> None:
        while True:
            news.clear()
            await news_within(news, 60)

    async def test() -> None:
        news = asyncio.Event()
        running = asyncio.create_task(loop(news))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        news.set()
        await asyncio.sleep(0)
        running.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()

    asyncio.run(test())
