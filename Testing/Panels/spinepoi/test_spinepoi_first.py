def test_it_opens(spinepoi, maps, host, screenshot, pois):
    spinepoi.enter()
    host.app.processEvents()
    print(screenshot(spinepoi.parent, "a.png"))
    spinepoi.panel.session.replace(pois)
    spinepoi.panel.session.choose(22)
    host.app.processEvents()
    import shutil

    shutil.copy(screenshot(spinepoi.parent, "b.png"), "/tmp/b.png")
